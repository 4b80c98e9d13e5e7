// Gaussian process regression (Rasmussen, Williams, 2006, algorithm 2.1) where all that is known of the inputs is how
// far they lie apart. float64 throughout.
#pragma once

#include "gtn/core/tensor.h"

namespace gtn {

// 1 - |a ∩ b| / |a ∪ b| of each pair of bags of words, [n, n] (Jaccard's distance on multisets): 0 where all words are
// shared, which two empty bags do as well, 1 where none is.
Tensor word_distances(const std::vector<std::vector<std::string>>& bags);

// k(a, b) = signal * exp(-distance(a, b) / length); positive definite for word_distances(). What is observed at a point
// is its value plus noise of variance `noise`, which must be positive.
struct KernelParameters {
  double length = 1;
  double signal = 1;  // variance
  double noise = 0.01;
};

struct Posterior {
  Tensor mean, deviation;  // [m], of the value without noise
};

class GaussianProcess final {
 public:
  // Distances [n, n] among the observed points and their observations [n], whose mean is to be zero; n >= 1.
  GaussianProcess(const Tensor& distances, const Tensor& observations, const KernelParameters& parameters);

  // At points of which `distances` [m, n] says how far they lie from the observed ones.
  Posterior posterior(const Tensor& distances) const;

  // The log of the marginal likelihood (equation 2.30).
  double log_likelihood() const { return log_likelihood_; }
  // y' K^-1 y of the observations y and their covariance K.
  double misfit() const { return misfit_; }

 private:
  KernelParameters parameters_;
  Tensor factor_;   // [n, n], lower: of the covariance of the observations
  Tensor weights_;  // [n, 1]: its inverse times the observations
  double misfit_, log_likelihood_;
};

// The parameters of the largest marginal likelihood: length and noise-to-signal ratio from a small grid, the signal in
// closed form for each.
KernelParameters fit_kernel(const Tensor& distances, const Tensor& observations);

// E[max(value - best, 0)] at each point, [m] (Jones et al., 1998, equation 15).
Tensor expected_improvement(const Posterior& posterior, double best);

}  // namespace gtn
