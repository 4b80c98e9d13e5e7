// How trained learners bear images that are noisy, blurred or made to deceive them.
#pragma once

#include "gtn/unroll/evaluation.h"

namespace gtn {

// Amounts are in units of pixels in [0, 1].
struct Disturbance {
  enum class Kind {
    none,
    noise,  // Gaussian, of this standard deviation
    blur,   // the mean of a square of this odd side; at the border of what lies inside
    fgsm,   // this far along the sign of the loss's gradient (Goodfellow et al., 2015)
  };
  Kind kind = Kind::none;
  double amount = 0;

  std::string name() const;  // "noise 0.1", "none"
};

std::vector<Disturbance> default_disturbances();

// A learner after its training.
struct Trained {
  const Learner& learner;
  Tensor w;
  Statistics statistics;
};

// dL/d(pixels) [B, C, H, W] of the cross-entropy with labels [B, K], where pixels [B, C, H, W] in [0, 1] are normalised
// and then judged: through standardisation and whitening back to the pixels.
Tensor pixel_gradient(const Trained& trained, const Tensor& pixels, const Tensor& labels,
                      const Normalization& normalization);

// Pixels [B, C, H, W], float in [0, 1], disturbed and clipped to [0, 1]: whatever the normalisation, what is disturbed
// is the image before it. The noise follows from `key`.
Tensor disturbed(const Trained& trained, const Tensor& pixels, const Tensor& labels, const Normalization& normalization,
                 const Disturbance& disturbance, const Key& key);

// Percent of the first `count` images of `dataset` that are classified right when so disturbed.
double accuracy_under(const Trained& trained, const Dataset& dataset, const Normalization& normalization, int64_t count,
                      const Disturbance& disturbance, const Key& key, at::Device device);

struct RobustnessConfig {
  int64_t images = 2000;     // of the test split, under each disturbance
  int64_t real_steps = 500;  // of the normally trained networks, on batches of the curriculum's size
  std::vector<double> real_lr{0.01, 0.03, 0.1};
  double real_momentum = 0.9;
  int64_t selection_images = 2000;  // of the validation split, for each choice
  std::vector<Disturbance> disturbances = default_disturbances();
};

struct Robustness {
  struct Row {
    Disturbance disturbance;
    AccuracyCurve synthetic, real;  // of the end alone
  };
  std::vector<Row> rows;
  std::vector<double> real_lr;  // chosen, one a learner
};

// The learners taught by `lesson` with the step sizes that `evaluation` chose, beside the same architectures trained
// normally: on real data by SGD with momentum, the step size falling to zero by a cosine from the best on validation.
Robustness measure_robustness(const std::vector<LearnerPtr>& learners, const Lesson& lesson,
                              const Evaluation& evaluation, int64_t batch_size, const Splits& splits,
                              const RobustnessConfig& config, const Key& key, at::Device device,
                              const Progress& progress);

}  // namespace gtn
