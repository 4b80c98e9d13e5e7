// What a round of a search asks of a store of so many trials: eight planned, claimed, ended and read again; and to read
// all of them.
//   cmake --preset release -DGTN_BENCH=ON && cmake --build --preset release --target trials_bench &&
//   build/release/bench/trials_bench
#include <benchmark/benchmark.h>
#include <unistd.h>

#include "gtn/runs/trial_store.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRound = 8;

// A store in which so many trials are done, in a file that is gone in the end.
class FilledStore {
 public:
  explicit FilledStore(int64_t trials) : store_(open_trial_store(path_, StoreAccess::create)) {
    store_->plan(std::vector<TrialPlan>(static_cast<size_t>(trials), kPlan));
    end_waiting();
  }
  FilledStore(const FilledStore&) = delete;
  FilledStore& operator=(const FilledStore&) = delete;
  ~FilledStore() {
    store_.reset();
    fs::remove(path_);
  }

  int64_t plan_round() { return store_->plan(std::vector<TrialPlan>(kRound, kPlan)); }
  void end_waiting() {
    while (const auto trial = store_->claim()) store_->finish(trial->id, {0.5, R"({"parameters":10834})", 1});
  }
  size_t read_after(int64_t id) const { return store_->trials("estimate", id).size(); }

 private:
  static inline const TrialPlan kPlan{
      "estimate", "depth=2 width=16 kernel=3 norm=batch activation=silu pool=avgpool head=flatten", 128};
  const fs::path path_ = fs::temp_directory_path() / ("trials_bench-" + std::to_string(::getpid()) + ".sqlite");
  std::unique_ptr<TrialStore> store_;
};

void round_of_a_search(benchmark::State& state) {
  FilledStore store(state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    const int64_t first = store.plan_round();
    store.end_waiting();
    benchmark::DoNotOptimize(store.read_after(first - 1));
  }
}

void all_trials(benchmark::State& state) {
  const FilledStore store(state.range(0));
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(store.read_after(0));
}

BENCHMARK(round_of_a_search)->Arg(100)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(all_trials)->Arg(100)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gtn

BENCHMARK_MAIN();
