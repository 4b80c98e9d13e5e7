#include "gtn/nets/few_conv.h"

namespace gtn {
namespace {

kernels::FewConv few(const ConvOptions& o, const Tensor& x, const Tensor& y) {
  const auto plane = [](const std::array<int64_t, 2>& pair) { return kernels::Plane{pair[0], pair[1]}; };
  return {x.size(0),
          o.in,
          o.out,
          {x.size(2), x.size(3)},
          {y.size(2), y.size(3)},
          plane(o.kernel),
          plane(o.stride),
          plane(o.padding),
          plane(o.dilation)};
}

// Channels-last copies where they are needed, and where their numbers lie.
struct Operands {
  Tensors kept;
  std::vector<const float*> images, weights;

  explicit Operands(std::span<const ConvTerm> terms) {
    for (const ConvTerm& term : terms) {
      images.push_back(pointer(term.image));
      weights.push_back(pointer(term.weight));
    }
  }
  int terms() const { return static_cast<int>(images.size()); }

 private:
  const float* pointer(const Tensor& t) { return kept.emplace_back(t.contiguous(kChannelsLast)).data_ptr<float>(); }
};

// f(first image, last, scratch) on the threads that LibTorch has.
template <class F>
void for_images(const kernels::FewConv& conv, const F& f) {
  at::parallel_for(0, conv.images, 4, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(kernels::few_scratch_floats(conv)));
    f(begin, end, scratch.data());
  });
}

}  // namespace

bool few_serves(const ConvOptions& o, const Tensor& x) {
  return kernels::table() && o.groups == 1 && o.in * o.kernel[0] * o.kernel[1] <= kernels::kFewTaps &&
         x.device().is_cpu() && x.scalar_type() == at::kFloat && !at::GradMode::is_enabled();
}

bool few_serves_features(const ConvOptions& o, const Tensor& x) { return few_serves(o, x) && o.out % 16 == 0; }

Tensor few_forward(const ConvOptions& o, std::span<const ConvTerm> terms, const Tensor& bias) {
  const Tensor &x = terms[0].image, shift = bias.defined() ? bias.contiguous() : Tensor();
  Shape shape = Conv(o).output_shape({o.in, x.size(2), x.size(3)});
  shape.insert(shape.begin(), x.size(0));
  const Tensor y = at::empty(shape, x.options().memory_format(kChannelsLast));
  const kernels::FewConv conv = few(o, x, y);
  const Operands operands(terms);
  for_images(conv, [&](int64_t begin, int64_t end, float* scratch) {
    kernels::table()->few_forward(conv, operands.images.data(), operands.weights.data(), operands.terms(),
                                  shift.defined() ? shift.data_ptr<float>() : nullptr, y.data_ptr<float>(), begin, end,
                                  scratch);
  });
  return y;
}

Tensor few_backward_data(const ConvOptions& o, const Tensor& x, std::span<const ConvTerm> terms) {
  const Tensor grad_x = at::empty_like(x, x.options().memory_format(kChannelsLast));
  const kernels::FewConv conv = few(o, x, terms[0].image);
  const Operands operands(terms);
  for_images(conv, [&](int64_t begin, int64_t end, float* scratch) {
    kernels::table()->few_backward_data(conv, operands.images.data(), operands.weights.data(), operands.terms(),
                                        grad_x.data_ptr<float>(), begin, end, scratch);
  });
  return grad_x;
}

// The images in a fixed number of parts, so that the sum does not depend on the threads.
Tensor few_backward_weight(const ConvOptions& o, const Tensor& grad_y, const Tensor& image) {
  constexpr int64_t kParts = 16;
  const Tensor g = grad_y.contiguous(kChannelsLast), x = image.contiguous(kChannelsLast);
  const kernels::FewConv conv = few(o, x, g);
  const Tensor parts = at::empty({kParts, o.kernel[0], o.kernel[1], o.in, o.out},
                                 x.options().memory_format(at::MemoryFormat::Contiguous));
  const int64_t size = conv.taps() * conv.features;
  at::parallel_for(0, kParts, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(kernels::few_scratch_floats(conv)));
    for (int64_t part = begin; part < end; ++part)
      kernels::table()->few_backward_weight(conv, g.data_ptr<float>(), x.data_ptr<float>(),
                                            parts.data_ptr<float>() + part * size, conv.images * part / kParts,
                                            conv.images * (part + 1) / kParts, scratch.data());
  });
  return parts.sum(0).permute({3, 2, 0, 1});
}

}  // namespace gtn
