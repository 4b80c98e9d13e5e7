#include "gtn/nets/chain.h"

#include "gtn/nets/fused_norm.h"

namespace gtn {
namespace {

constexpr int64_t kTaskFloats = 1 << 15;  // the least worth a thread's while

bool runs_fused(const Dual& x) {
  return kernels::table() && x.value.device().is_cpu() && x.value.scalar_type() == at::kFloat &&
         !at::GradMode::is_enabled();
}

Tensor dense(const Tensor& t) { return t.dim() == 4 ? t.contiguous(kChannelsLast) : t.contiguous(); }

// Contiguous value and tangent; a missing tangent is zeros where one is asked for.
Dual dense(const Dual& d, bool carries) {
  if (!carries) return {dense(d.value), {}};
  const Tensor value = dense(d.value);
  return {value, d.carries() ? dense(d.tangent) : at::zeros_like(value)};
}

kernels::In in(const Dual& d) {
  return {d.value.data_ptr<float>(), d.carries() ? d.tangent.data_ptr<float>() : nullptr};
}
kernels::Out out(const Dual& d) {
  return {d.value.data_ptr<float>(), d.carries() ? d.tangent.data_ptr<float>() : nullptr};
}
Dual like(const Dual& d) { return {at::empty_like(d.value), d.carries() ? at::empty_like(d.tangent) : Tensor()}; }

float* scratch(const kernels::Chain& chain) {
  static thread_local std::vector<float> room;
  const auto size = static_cast<size_t>(kernels::scratch_floats(chain));
  if (room.size() < size) room.resize(size);
  return room.data();
}

// f(begin, end) over the tiles of a chain, on the threads that LibTorch has.
template <class F>
void for_tiles(const kernels::Chain& chain, const F& f) {
  const int64_t tile = chain.in().positions() * kernels::kTileChannels;
  at::parallel_for(0, kernels::tile_count(chain), std::max<int64_t>(1, kTaskFloats / tile), f);
}

bool any_carries(std::span<const Dual> params) { return std::ranges::any_of(params, &Dual::carries); }

}  // namespace

// The chain as the kernels see it. Without positions ([B, C]) the batch takes their place: it is one image.
struct Chain::Fused {
  Fused(const std::vector<LocalOp>& local, const Tensor& x) {
    for (const LocalOp& l : local) ops.push_back(l.op);
    const bool image = x.dim() == 4;
    if (!image)
      for (kernels::Op& op : ops) op.in = op.out = {x.size(0), 1};
    chain = {ops.data(), static_cast<int>(ops.size()), nullptr, image ? x.size(0) : 1, x.size(1)};
  }
  Fused(const Fused&) = delete;
  Fused& operator=(const Fused&) = delete;

  void set(const kernels::Affine& a) {
    affine = a;
    chain.affine = &affine;
  }

  std::vector<kernels::Op> ops;
  kernels::Affine affine;
  kernels::Chain chain;
};

Chain::Chain(std::vector<LayerPtr> layers, const Shape& input) : layers_(std::move(layers)), output_(input) {
  for (const LayerPtr& layer : layers_) {
    ops_.push_back(layer->local_op(output_).value());
    output_ = layer->output_shape(output_);
  }
}

bool Chain::extends(const std::vector<LayerPtr>& layers, const Layer& next, const Shape& input) {
  const std::optional<LocalOp> op = next.local_op(input);
  return op && layers.size() < size_t{kernels::kLongestChain} && (layers.empty() || op->norm == LocalNorm::none);
}

std::string Chain::text() const {
  std::string text;
  for (const LayerPtr& layer : layers_) text += (text.empty() ? "" : " ") + layer->text();
  return text;
}

Shape Chain::output_shape(const Shape& input) const {
  Shape shape = input;
  for (const LayerPtr& layer : layers_) shape = layer->output_shape(shape);
  return shape;
}

std::vector<ParamSpec> Chain::params() const { return layers_.front()->params(); }

Dual Chain::forward(std::span<const Dual> params, const Dual& x, Tape& tape) const {
  return runs_fused(x) ? forward_fused(params, x, tape) : forward_one_by_one(params, x, tape);
}

Dual Chain::backward(std::span<const Dual> params, const Dual& grad_y, Tape& tape, std::span<Dual> grads) const {
  return tape.parts.empty() ? backward_fused(grad_y, tape, grads) : backward_one_by_one(params, grad_y, tape, grads);
}

Dual Chain::forward_one_by_one(std::span<const Dual> params, const Dual& x, Tape& tape) const {
  tape.parts.resize(layers_.size());
  for (Tape& part : tape.parts) part.mode = tape.mode;  // no layer of a chain has heavy products
  tape.parts[0].statistics = tape.statistics;
  Dual y = x;
  for (size_t i = 0; i < layers_.size(); ++i)
    y = layers_[i]->forward(i == 0 ? params : std::span<const Dual>(), y, tape.parts[i]);
  tape.statistics = tape.parts[0].statistics;
  return y;
}

Dual Chain::backward_one_by_one(std::span<const Dual> params, const Dual& grad_y, Tape& tape,
                                std::span<Dual> grads) const {
  std::vector<Tape> parts = std::exchange(tape.parts, {});
  parts[0].need_grad_x = tape.need_grad_x;
  parts[0].statistics_grad = tape.statistics_grad;
  Dual grad = grad_y;
  for (size_t i = layers_.size(); i-- > 0;)
    grad = layers_[i]->backward(i == 0 ? params : std::span<const Dual>(), grad, parts[i],
                                i == 0 ? grads : std::span<Dual>());
  tape.statistics_grad = parts[0].statistics_grad;
  return grad;
}

Dual Chain::make_output(const Dual& x, bool carries) const {
  Shape shape = output_;
  shape.insert(shape.begin(), x.value.size(0));
  auto options = x.value.options();
  if (shape.size() == 4) options = options.memory_format(kChannelsLast);
  return {at::empty(shape, options), carries ? at::empty(shape, options) : Tensor()};
}

Dual Chain::forward_fused(std::span<const Dual> params, const Dual& input, Tape& tape) const {
  const bool carries = input.carries() || any_carries(params);
  const Dual x = dense(input, carries);
  Fused fused(ops_, x.value);
  const kernels::Chain& chain = fused.chain;
  const kernels::Table& kernel = *kernels::table();
  tape.saved = {x};
  if (const LocalNorm kind = ops_[0].norm; kind != LocalNorm::none) {
    if (tape.mode == Mode::evaluate && kind != LocalNorm::instance) {
      tape.norm = std::make_shared<FusedNorm>(
          FusedNorm::given(kind, tape.statistics, chain.images, chain.in().positions(), carries));
    } else {
      const ImageSums moments(chain.images, chain.channels, carries);
      for_tiles(chain,
                [&](int64_t begin, int64_t end) { kernel.moments(chain, in(x), moments.moments(), begin, end); });
      tape.norm = std::make_shared<FusedNorm>(FusedNorm::measured(kind, moments, chain.in().positions()));
      tape.statistics = tape.norm->statistics();
    }
    tape.norm->set_params(params);
    fused.set(tape.norm->affine());
  }
  Dual y = make_output(x, carries);
  for_tiles(chain, [&](int64_t begin, int64_t end) {
    kernel.chain_forward(chain, in(x), out(y), begin, end, scratch(chain));
  });
  return y;
}

Dual Chain::backward_fused(const Dual& grad_y, Tape& tape, std::span<Dual> grads) const {
  const Dual x = dense(tape.saved[0], tape.saved[0].carries() || grad_y.carries());
  const Dual g = dense(grad_y, x.carries());
  Fused fused(ops_, x.value);
  const kernels::Chain& chain = fused.chain;
  const kernels::Table& kernel = *kernels::table();
  if (tape.norm) fused.set(tape.norm->affine());
  Dual grad_x = like(x);
  const ImageSums sums(tape.norm ? chain.images : 0, chain.channels, x.carries());
  for_tiles(chain, [&](int64_t begin, int64_t end) {
    kernel.chain_backward(chain, in(x), in(g), out(grad_x), sums.sums(), begin, end, scratch(chain));
  });
  if (!tape.norm) return grad_x;
  const kernels::AffineBackward coefficients = tape.norm->backward(sums, tape, grads);
  if (tape.need_grad_x == Need::nothing) return {};
  const Dual& at_affine = chain.count == 1 ? g : grad_x;
  for_tiles(chain, [&](int64_t begin, int64_t end) {
    kernel.affine_backward(chain, coefficients, in(x), in(at_affine), out(grad_x), begin, end);
  });
  return grad_x;
}

}  // namespace gtn
