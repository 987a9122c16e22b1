//! Whether an origin is granted, and the field that says so, beside a small cache of origins that were granted before.
//!
//! `cargo bench --bench cors`. The cache is bounded, of 128 origins, and hashed by a key that no client knows, as it would have to be.

use std::hash::RandomState;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use howth_engine::{AddedFields, Adding};
use howth_routes::cors::{Cors, Settings};
use quick_cache::UnitWeighter;
use quick_cache::unsync::{Cache, DefaultLifecycle};

/// What the cache would have room for.
const CACHED: usize = 128;

criterion_group! {
    name = origins;
    config = Criterion::default()
        .without_plots()
        .nresamples(10_000)
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1));
    targets = granted
}
criterion_main!(origins);

fn cors(origins: &[String]) -> Cors {
    let settings = Settings {
        origins: origins.to_vec(),
        ..Settings::default()
    };
    Cors::read(&settings).expect("origins")
}

fn field(origin: &[u8]) -> Arc<AddedFields> {
    let mut fields = AddedFields::default();
    let pushed = fields.push(b"access-control-allow-origin", origin, Adding::IfMissing);
    pushed.expect("a field");
    Arc::new(fields)
}

/// The origin that is asked for is the last of the list.
fn granted(criterion: &mut Criterion) {
    let listed = |number: usize| -> Vec<String> {
        let listed = (1..number).map(|number| format!("https://app{number}.example.org"));
        listed.chain(["https://*.example.com".to_owned()]).collect()
    };
    let origin = b"https://shop.example.com";
    let mut group = criterion.benchmark_group("an origin is granted");
    for number in [1, 4, 16] {
        let cors = cors(&listed(number));
        group.bench_function(format!("compared with {number}"), |bencher| {
            bencher.iter(|| cors.allows(black_box(origin)));
        });
        group.bench_function(format!("compared with {number}, and the field"), |bencher| {
            bencher.iter(|| cors.allows(black_box(origin)).then(|| field(black_box(origin))));
        });
    }
    let mut cache: Cache<Box<[u8]>, Arc<AddedFields>, UnitWeighter, RandomState> = Cache::with(
        CACHED,
        CACHED as u64,
        UnitWeighter,
        RandomState::new(),
        DefaultLifecycle::default(),
    );
    for number in 1..CACHED {
        let other = format!("https://app{number}.example.com").into_bytes();
        cache.insert(other.clone().into(), field(&other));
    }
    cache.insert(origin[..].into(), field(origin));
    group.bench_function("found in a cache, and the field", |bencher| {
        bencher.iter(|| cache.get(black_box(&origin[..])).cloned());
    });
    group.finish();
}
