//! A lane: a bounded ring between two threads, one producer and one consumer.
//!
//! Owns the ring (crate `rtrb`) and the wake-up of a consumer that sleeps as a future does. Never blocks: a full
//! lane is told to the producer, an empty one to the consumer. Called by: the runtime, for orders from the main
//! thread to the cores and reports back.

use std::sync::Arc;
use std::task::{Context, Poll};

use atomic_waker::AtomicWaker;

use crate::refused::Refused;

/// The producing end of a lane.
#[derive(Debug)]
pub struct Sender<T> {
    /// `None` only while the sender is dropped.
    ring: Option<rtrb::Producer<T>>,
    waker: Arc<AtomicWaker>,
}

/// The consuming end of a lane.
#[derive(Debug)]
pub struct Receiver<T> {
    ring: rtrb::Consumer<T>,
    waker: Arc<AtomicWaker>,
}

/// A lane for at most `capacity` messages.
pub fn lane<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (producer, consumer) = rtrb::RingBuffer::new(capacity);
    let waker = Arc::new(AtomicWaker::new());
    (
        Sender {
            ring: Some(producer),
            waker: waker.clone(),
        },
        Receiver {
            ring: consumer,
            waker,
        },
    )
}

impl<T> Sender<T> {
    /// Sends a message and wakes the consumer if it sleeps.
    ///
    /// # Errors
    /// The lane is full or its receiver is gone.
    pub fn send(&mut self, message: T) -> Result<(), Refused<T>> {
        let Some(ring) = self.ring.as_mut().filter(|ring| !ring.is_abandoned()) else {
            return Err(Refused(message));
        };
        ring.push(message)
            .map_err(|rtrb::PushError::Full(message)| Refused(message))?;
        self.waker.wake();
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // The ring is abandoned first, so that the consumer that wakes sees the end.
        drop(self.ring.take());
        self.waker.wake();
    }
}

impl<T> Receiver<T> {
    /// The next message; `None` once the sender is gone and everything was taken.
    pub fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        if let Ok(message) = self.ring.pop() {
            return Poll::Ready(Some(message));
        }
        self.waker.register(context.waker());
        // A message, or the end, may have come between the look and the registration.
        let abandoned = self.ring.is_abandoned();
        match self.ring.pop() {
            Ok(message) => Poll::Ready(Some(message)),
            Err(_) if abandoned => Poll::Ready(None),
            Err(_) => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn receive(receiver: &mut Receiver<u32>) -> Poll<Option<u32>> {
        receiver.poll_receive(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn messages_arrive_in_order_and_then_the_end() {
        let (mut sender, mut receiver) = lane(4);
        assert_eq!(receive(&mut receiver), Poll::Pending);
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        drop(sender);
        assert_eq!(receive(&mut receiver), Poll::Ready(Some(1)));
        assert_eq!(receive(&mut receiver), Poll::Ready(Some(2)));
        assert_eq!(receive(&mut receiver), Poll::Ready(None));
    }

    #[test]
    fn a_full_lane_gives_the_message_back() {
        let (mut sender, receiver) = lane(1);
        sender.send(1).unwrap();
        assert_eq!(sender.send(2), Err(Refused(2)));
        drop(receiver);
        assert_eq!(sender.send(3), Err(Refused(3)));
    }

    #[test]
    fn nothing_is_lost_between_two_threads() {
        let (mut sender, mut receiver) = lane(8);
        let producer = std::thread::spawn(move || {
            for number in 0..100_000u32 {
                let mut message = number;
                while let Err(Refused(back)) = sender.send(message) {
                    message = back;
                    std::thread::yield_now();
                }
            }
        });
        let mut expected = 0;
        loop {
            match receive(&mut receiver) {
                Poll::Ready(Some(number)) => {
                    assert_eq!(number, expected);
                    expected += 1;
                }
                Poll::Ready(None) => break,
                Poll::Pending => std::thread::yield_now(),
            }
        }
        assert_eq!(expected, 100_000);
        producer.join().unwrap();
    }
}
