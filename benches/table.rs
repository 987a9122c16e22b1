//! The ring engine's table of connections and exchanges, beside the ones one would use instead.
//!
//! `cargo bench --bench table`. The table keeps what a value has allocated for its successor and tells stale ids
//! apart; a slab and a hash map do neither, so their ids are checked by nobody.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use howth_connection::Table;
use slab::Slab;

/// Connections of a busy core.
const OCCUPIED: u32 = 1000;
const GENERATION_MASK: u32 = (1 << 24) - 1;

/// About as large as a connection's state.
type Value = [u64; 32];

criterion_group! {
    name = tables;
    config = Criterion::default()
        .without_plots()
        .nresamples(10_000)
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1));
    targets = look_up, occupy_and_release
}
criterion_main!(tables);

/// Finding the value of an id, all ids in turn.
fn look_up(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("table, find all of 1,000");
    group.throughput(Throughput::Elements(u64::from(OCCUPIED)));
    let mut table: Table<Value> = Table::new(GENERATION_MASK);
    let ids: Vec<(u32, u32)> = (0..OCCUPIED)
        .map(|_| {
            let index = table.occupy();
            (index, table.generation(index))
        })
        .collect();
    group.bench_function("the engine's table", |bencher| {
        bencher.iter(|| {
            let values = ids.iter().map(|&(index, generation)| {
                let value = table.get(black_box(index), black_box(generation));
                value.expect("it is occupied")[0]
            });
            values.sum::<u64>()
        });
    });
    let slab: Slab<Value> = ids.iter().map(|&(index, _)| (index as usize, [0; 32])).collect();
    group.bench_function("slab", |bencher| {
        bencher.iter(|| {
            let values = ids.iter().map(|&(index, _)| slab[black_box(index as usize)][0]);
            values.sum::<u64>()
        });
    });
    let map: HashMap<u32, Value> = ids.iter().map(|&(index, _)| (index, [0; 32])).collect();
    group.bench_function("std::collections::HashMap", |bencher| {
        bencher.iter(|| {
            let values = ids.iter().map(|(index, _)| map[black_box(index)][0]);
            values.sum::<u64>()
        });
    });
    group.finish();
}

/// What beginning and ending a request costs.
fn occupy_and_release(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("table, occupy and release");
    group.throughput(Throughput::Elements(1));
    let mut table: Table<Value> = Table::new(GENERATION_MASK);
    for _ in 0..OCCUPIED {
        black_box(table.occupy());
    }
    group.bench_function("the engine's table", |bencher| {
        bencher.iter(|| {
            let index = table.occupy();
            table[index][0] = 1;
            table.release(black_box(index));
        });
    });
    let mut slab: Slab<Value> = (0..OCCUPIED as usize).map(|index| (index, [0; 32])).collect();
    group.bench_function("slab", |bencher| {
        bencher.iter(|| {
            let index = slab.insert([1; 32]);
            slab.remove(black_box(index))
        });
    });
    let mut map: HashMap<u32, Value> = (0..OCCUPIED).map(|index| (index, [0; 32])).collect();
    group.bench_function("std::collections::HashMap", |bencher| {
        bencher.iter(|| {
            map.insert(black_box(OCCUPIED), [1; 32]);
            map.remove(&black_box(OCCUPIED))
        });
    });
    group.finish();
}
