#include "gtn/nets/winograd.h"

namespace gtn {
namespace {

constexpr int64_t kLanes = 16;                    // channels and features come in these
constexpr int64_t kTaskTiles = 48;                // the least worth a thread's while
constexpr int64_t kPartBytes = int64_t{4} << 20;  // of all partial sums of a weight's gradient

float* scratch(const kernels::WinogradConv& conv) {
  static thread_local std::vector<float> room;
  const auto size = static_cast<size_t>(kernels::winograd_scratch_floats(conv));
  if (room.size() < size) room.resize(size);
  return room.data();
}

Tensor channels_last(const Tensor& t) { return t.contiguous(kChannelsLast); }

kernels::Plane plane(const Tensor& t) { return {t.size(2), t.size(3)}; }

Tensor empty_image(const Tensor& like, const Shape& shape) {
  return at::empty(shape, like.options().memory_format(kChannelsLast));
}

// A channels-last weight [O, C, 3, 3], read as the weight of a forward pass, or of its adjoint in x.
kernels::WinogradWeight forward_weight(const Tensor& w) {
  return {w.size(0), w.size(1), 9 * w.size(1), 1, w.size(1), false};
}
kernels::WinogradWeight backward_weight(const Tensor& w) {
  return {w.size(1), w.size(0), 1, 9 * w.size(1), w.size(1), true};
}

Tensor transformed(const Tensor& weight, const kernels::WinogradWeight& layout) {
  const Tensor w = channels_last(weight),
               to = at::empty({layout.floats()}, w.options().memory_format(at::MemoryFormat::Contiguous));
  at::parallel_for(0, layout.features / kLanes, 1, [&](int64_t begin, int64_t end) {
    kernels::table()->winograd_weight(layout, w.data_ptr<float>(), to.data_ptr<float>(), begin, end);
  });
  return to;
}

// y = bias + sum of the products, over all tiles; the weights are transformed already.
void run_forward(const kernels::WinogradConv& conv, std::span<const Tensor> x, std::span<const Tensor> weights,
                 const float* bias, const Tensor& y) {
  std::vector<kernels::WinogradTerm> terms;
  for (size_t i = 0; i < x.size(); ++i) terms.push_back({x[i].data_ptr<float>(), weights[i].data_ptr<float>()});
  at::parallel_for(0, kernels::winograd_tiles(conv), kTaskTiles, [&](int64_t begin, int64_t end) {
    kernels::table()->winograd_forward(conv, terms.data(), static_cast<int>(terms.size()), bias, y.data_ptr<float>(),
                                       begin, end, scratch(conv));
  });
}

}  // namespace

bool winograd_serves(const ConvOptions& o, const Tensor& x) {
  constexpr std::array<int64_t, 2> kOnes{1, 1}, kThrees{3, 3};
  return kernels::table() && o.kernel == kThrees && o.stride == kOnes && o.dilation == kOnes && o.groups == 1 &&
         o.padding[0] <= 2 && o.padding[1] <= 2 && o.in % kLanes == 0 && o.out % kLanes == 0 && x.device().is_cpu() &&
         x.scalar_type() == at::kFloat && !at::GradMode::is_enabled();
}

Tensor winograd_forward(const ConvOptions& o, std::span<const ConvTerm> terms, const Tensor& bias) {
  Tensors x, weights;
  for (const ConvTerm& term : terms) {
    x.push_back(channels_last(term.image));
    weights.push_back(transformed(term.weight, forward_weight(term.weight)));
  }
  const Tensor y = empty_image(
      x[0], {x[0].size(0), o.out, x[0].size(2) + 2 * o.padding[0] - 2, x[0].size(3) + 2 * o.padding[1] - 2});
  const Tensor shift = bias.defined() ? bias.contiguous() : Tensor();
  run_forward({x[0].size(0), o.in, o.out, plane(x[0]), plane(y), {o.padding[0], o.padding[1]}}, x, weights,
              shift.defined() ? shift.data_ptr<float>() : nullptr, y);
  return y;
}

// The adjoint in x is a convolution of the gradient, its padding counted from the other side.
Tensor winograd_backward_data(const ConvOptions& o, const Shape& image, std::span<const ConvTerm> terms) {
  Tensors grad_y, weights;
  for (const ConvTerm& term : terms) {
    grad_y.push_back(channels_last(term.image));
    weights.push_back(transformed(term.weight, backward_weight(term.weight)));
  }
  const Tensor grad_x = empty_image(grad_y[0], image);
  run_forward({image[0], o.out, o.in, plane(grad_y[0]), plane(grad_x), {2 - o.padding[0], 2 - o.padding[1]}}, grad_y,
              weights, nullptr, grad_x);
  return grad_x;
}

// The tiles in a number of parts that only their sizes decide, so that the sum does not depend on the threads.
Tensor winograd_backward_weight(const ConvOptions& o, std::span<const ConvPair> pairs) {
  Tensors x, grad_y;
  for (const ConvPair& pair : pairs) {
    x.push_back(channels_last(pair.image));
    grad_y.push_back(channels_last(pair.grad_y));
  }
  const kernels::WinogradConv conv{
      x[0].size(0), o.in, o.out, plane(x[0]), plane(grad_y[0]), {o.padding[0], o.padding[1]}};
  const Tensor weight = empty_image(x[0], {o.out, o.in, 3, 3});
  const kernels::WinogradWeight layout = forward_weight(weight);
  const int64_t tiles = kernels::winograd_tiles(conv), bytes = layout.floats() * int64_t{sizeof(float)};
  const int64_t parts = std::clamp(std::min(kPartBytes / bytes, tiles / kTaskTiles), int64_t{2}, int64_t{16});
  const Tensor sums = at::zeros({parts, layout.floats()}, x[0].options().memory_format(at::MemoryFormat::Contiguous));
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part)
      for (size_t i = 0; i < x.size(); ++i)
        kernels::table()->winograd_backward_weight(conv, x[i].data_ptr<float>(), grad_y[i].data_ptr<float>(),
                                                   sums.data_ptr<float>() + part * layout.floats(),
                                                   tiles * part / parts, tiles * (part + 1) / parts, scratch(conv));
  });
  at::parallel_for(0, o.out / kLanes, 1, [&](int64_t begin, int64_t end) {
    kernels::table()->winograd_weight_gradient(layout, sums.data_ptr<float>(), parts, weight.data_ptr<float>(), begin,
                                               end);
  });
  return weight;
}

}  // namespace gtn
