// Own CPU kernels for what stands between two convolutions: normalisation, activation and pooling, several layers over
// one image and a few channels while they lie in the cache, value and tangent in one sweep; and for the convolutions
// that a library serves badly or at more than their cost: those of few input channels, and 3x3 ones, which minimal
// filtering does with fewer products. Everything is float32, channels-last, one pointer to the first element. Compiled
// once for each instruction set; the processor decides which is used. Nothing here knows LibTorch or layers:
// docs/performance.md says why each kernel exists, gtn/nets/chain.h and gtn/nets/conv_products.h call them, and the
// layers' own forward and backward are their references.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gtn::kernels {

// A value and its tangent; the tangent may be null where the value carries none.
struct In {
  const float* value = nullptr;
  const float* tangent = nullptr;
};
struct Out {
  float* value = nullptr;
  float* tangent = nullptr;
};

enum class OpKind {
  affine,  // scale (x - mean) + shift for each channel; only as the first of a chain
  leaky_relu,
  silu,
  tanh,
  max_pool,
  average_pool,  // padding is not counted
};

struct Plane {
  int64_t height = 1, width = 1;
  int64_t positions() const { return height * width; }
};

struct Op {
  OpKind kind = OpKind::affine;
  Plane in, out;
  Plane kernel;  // of a pool
  int64_t stride = 1, padding = 0;
  float slope = 0;  // of leaky_relu
};

// y = scale (x - mean) + shift with one coefficient a channel, the same for all images (image_stride 0) or one set an
// image (image_stride = channels). Tangents are read where x carries one.
struct Affine {
  In mean, scale, shift;
  int64_t image_stride = 0;
};

// Layers that treat every channel alone, one after another, on images [images, height, width, channels].
struct Chain {
  const Op* ops = nullptr;
  int count = 0;
  const Affine* affine = nullptr;  // of ops[0], where that is one
  int64_t images = 0, channels = 0;

  const Plane& in() const { return ops[0].in; }
  const Plane& out() const { return ops[count - 1].out; }
};

// One number for each image and channel, [images, channels].
struct Moments {
  float *mean, *square;    // mean, sum (x - mean)^2
  float *tangent, *cross;  // sum x', sum (x - mean) x'; untouched where x carries no tangent
};
struct Sums {
  float *grad, *moment;      // sum g, sum g (x - mean)
  float *grad_t, *moment_t;  // their tangents
};

// dL/dx = scale g + slope (x - mean) + offset, coefficients as in Affine.
struct AffineBackward {
  In mean, scale, slope, offset;
  int64_t image_stride = 0;
};

// A convolution of images [images, in.height, in.width, channels] to [images, out.height, out.width, features], with
// weight [features, kernel.height, kernel.width, channels]. At most kFewTaps numbers of the image meet in one output.
constexpr int64_t kFewTaps = 32;
struct FewConv {
  int64_t images = 0, channels = 0, features = 0;
  Plane in, out, kernel, stride, padding, dilation;
  int64_t taps() const { return kernel.positions() * channels; }
};

// A 3x3 convolution of stride one, `channels` and `features` multiples of 16, by minimal filtering.
struct WinogradConv {
  int64_t images = 0, channels = 0, features = 0;
  Plane in, out, padding;
};
// One product x * weight of a sum; `weight` as winograd_weight() wrote it.
struct WinogradTerm {
  const float* x;
  const float* weight;
};
// Where element (feature, channel, tap) of a weight lies; `turned`: with its taps in reverse order, so that a forward
// pass becomes the gradient at the image.
struct WinogradWeight {
  int64_t features = 0, channels = 0;
  int64_t feature_stride = 0, channel_stride = 0, tap_stride = 0;
  bool turned = false;
  int64_t floats() const { return 16 * features * channels; }
};

constexpr int kTileChannels = 16;  // of the largest tile
constexpr int kLongestChain = 8;   // operations

// The kernels for one instruction set. Chains and moments are cut in tiles (an image and up to 16 channels of it): a
// call does tiles [begin, end) of tile_count(), so that a caller may share them among threads; results do not depend on
// how they are shared.
struct Table {
  const char* name;
  // y = chain(x). `scratch` holds scratch_floats().
  void (*chain_forward)(const Chain&, In x, Out y, int64_t begin, int64_t end, float* scratch);
  // From grad_y to the gradient at the chain's input; where it begins with an affine, at the affine's *output*, and the
  // sums that the affine's own backward pass needs (where the affine stands alone, only the sums).
  void (*chain_backward)(const Chain&, In x, In grad_y, Out grad, const Sums&, int64_t begin, int64_t end,
                         float* scratch);
  // grad_x of the affine; `grad` and `grad_x` may be the same.
  void (*affine_backward)(const Chain&, const AffineBackward&, In x, In grad, Out grad_x, int64_t begin, int64_t end);
  void (*moments)(const Chain&, In x, const Moments&, int64_t begin, int64_t end);
  // y = bias + sum over the terms of x[i] * weight[i], for images [begin, end); at most two terms, `features` a
  // multiple of 16. The bias may be null. `scratch` holds few_scratch_floats().
  void (*few_forward)(const FewConv&, const float* const* x, const float* const* weight, int terms, const float* bias,
                      float* y, int64_t begin, int64_t end, float* scratch);
  // grad_x = sum over the terms of what grad_y[i] and weight[i] send back, for images [begin, end); at most two terms.
  // `scratch` holds few_scratch_floats().
  void (*few_backward_data)(const FewConv&, const float* const* grad_y, const float* const* weight, int terms,
                            float* grad_x, int64_t begin, int64_t end, float* scratch);
  // The sum over images [begin, end) of the weight's gradient, transposed: [kernel.height, kernel.width, channels,
  // features]; `features` is a multiple of 16. `scratch` as above.
  void (*few_backward_weight)(const FewConv&, const float* grad_y, const float* x, float* grad_weight, int64_t begin,
                              int64_t end, float* scratch);
  // The transformed weight [16, features / 16, channels, 16], for the features 16 begin .. 16 end.
  void (*winograd_weight)(const WinogradWeight&, const float* weight, float* to, int64_t begin, int64_t end);
  // y = bias + sum of the terms, at most two, for tiles [begin, end) of winograd_tiles(). The bias may be null.
  // `scratch` holds winograd_scratch_floats().
  void (*winograd_forward)(const WinogradConv&, const WinogradTerm* terms, int count, const float* bias, float* y,
                           int64_t begin, int64_t end, float* scratch);
  // Adds what tiles [begin, end) give to the transformed gradient of the weight, in the layout of winograd_weight().
  void (*winograd_backward_weight)(const WinogradConv&, const float* x, const float* grad_y, float* sums, int64_t begin,
                                   int64_t end, float* scratch);
  // The gradient of the weight from `parts` such sums in a row, for the features 16 begin .. 16 end.
  void (*winograd_weight_gradient)(const WinogradWeight&, const float* sums, int64_t parts, float* grad_weight,
                                   int64_t begin, int64_t end);
};

int64_t tile_count(const Chain& chain);
// Floats of scratch that one call of chain_forward or chain_backward needs.
int64_t scratch_floats(const Chain& chain);
int64_t few_scratch_floats(const FewConv& conv);
// Tiles of 2x2 outputs, of all images; a block of tiles that stays in the cache has at most kWinogradTiles.
constexpr int64_t kWinogradTiles = 56;
int64_t winograd_tiles(const WinogradConv& conv);
int64_t winograd_scratch_floats(const WinogradConv& conv);

// The table in use; null: none, layers run on LibTorch's operations alone.
const Table* table();
// Whether the processor multiplies bfloat16 numbers itself.
bool has_bfloat16();
// The names that this processor can run, best first: "avx512", "avx2", "portable".
std::vector<std::string> available();
// Chooses a table by name, or "off", for the whole process; false where this processor or build does not have it. At
// the start the best one is in use.
bool select(const std::string& name);

}  // namespace gtn::kernels
