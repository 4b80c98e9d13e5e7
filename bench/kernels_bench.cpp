// Each fused kernel beside LibTorch's operations for the same layers, on one thread:
//   cmake --preset release -DGTN_BENCH=ON && cmake --build --preset release --target kernels_bench &&
//   build/release/bench/kernels_bench
// GB/s counts the input's bytes, value and tangent.
#include <benchmark/benchmark.h>

#include "gtn/nets/activation.h"
#include "gtn/nets/chain.h"
#include "gtn/nets/linear.h"
#include "gtn/nets/norm.h"
#include "gtn/nets/pool.h"

namespace gtn {
namespace {

struct Case {
  const char* name;
  std::vector<LayerPtr> layers;
  Shape input;
  int64_t batch;
};

std::vector<Case> cases() {
  const auto norm = [](NormOver over, int64_t c) { return std::make_shared<StandardNorm>(over, c); };
  const auto max_pool = [](int64_t k, int64_t s, int64_t p) { return std::make_shared<Pool>(PoolKind::max, k, s, p); };
  const auto relu = std::make_shared<LeakyRelu>(0.0), leaky = std::make_shared<LeakyRelu>(0.1);
  return {{"max_pool_3_2", {max_pool(3, 2, 1)}, {64, 28, 28}, 128},
          {"mean_leaky", {std::make_shared<MeanNorm>(64), leaky}, {64, 14, 14}, 128},
          {"instance_relu_average_pool",
           {norm(NormOver::instance, 128), relu, std::make_shared<Pool>(PoolKind::average, 2, 2, 0)},
           {128, 32, 32},
           128},
          {"batch_relu_max_pool", {norm(NormOver::batch, 16), relu, max_pool(2, 2, 0)}, {16, 28, 28}, 50},
          {"batch_silu", {norm(NormOver::batch, 32), std::make_shared<Silu>()}, {32, 16, 16}, 64},
          {"tanh", {std::make_shared<Tanh>()}, {64, 28, 28}, 128},
          {"conv_1_64", {std::make_shared<Conv>(ConvOptions{.in = 1, .out = 64})}, {1, 28, 28}, 128},
          {"conv_3_16", {std::make_shared<Conv>(ConvOptions{.in = 3, .out = 16})}, {3, 32, 32}, 64}};
}

Dual random_like(Shape shape, bool dual) {
  const auto make = [&] {
    const Tensor t = at::randn(shape);
    return t.dim() == 4 ? t.contiguous(kChannelsLast) : t;
  };
  return {make(), dual ? make() : Tensor()};
}

void run(benchmark::State& state, const Case& c, const std::string& kernels, bool dual) {
  const NoGrad no_grad;
  at::set_num_threads(1);
  kernels::select(kernels);
  const bool local = c.layers.front()->local_op(c.input).has_value();
  const LayerPtr layer = local ? std::make_shared<Chain>(c.layers, c.input) : c.layers.front();
  const auto with_batch = [&](Shape shape) {
    shape.insert(shape.begin(), c.batch);
    return shape;
  };
  const Dual x = random_like(with_batch(c.input), dual),
             g = random_like(with_batch(layer->output_shape(c.input)), dual);
  Duals params;
  for (const ParamSpec& spec : layer->params()) params.push_back(random_like(spec.shape, dual));
  for (auto _ : state) {
    Tape tape;
    Duals grads(params.size());
    benchmark::DoNotOptimize(layer->forward(params, x, tape));
    benchmark::DoNotOptimize(layer->backward(params, g, tape, grads));
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * x.value.nbytes() * (dual ? 2 : 1));
}

}  // namespace
}  // namespace gtn

int main(int argc, char** argv) {
  gtn::configure_process(1);
  std::vector<std::string> tables = gtn::kernels::available();
  tables.emplace_back("off");
  for (const gtn::Case& c : gtn::cases())
    for (const std::string& table : tables)
      for (const bool dual : {false, true})
        benchmark::RegisterBenchmark((std::string(c.name) + (dual ? "/dual/" : "/plain/") + table).c_str(),
                                     [c, table, dual](benchmark::State& state) { gtn::run(state, c, table, dual); })
            ->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
