// Gaussian process regression against what can be written down for two points, and the distances that it sees.
#include "gtn/search/gaussian_process.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "gtn/core/random.h"

namespace gtn {
namespace {

Tensor vector_of(const std::vector<double>& values) { return at::tensor(values, at::kDouble); }
Tensor matrix_of(const std::vector<double>& values, int64_t rows) { return vector_of(values).view({rows, -1}); }

TEST(WordDistances, are_one_minus_the_shared_part_of_bags) {
  const Tensor distances = word_distances({{"a", "a", "b"}, {"c", "b", "a"}, {"d"}, {}, {"b", "a", "a"}, {}});
  const Tensor expected = matrix_of({0.0, 0.5, 1, 1, 0.0, 1,  // {a, b} of {a, a, b, c}
                                     0.5, 0.0, 1, 1, 0.5, 1,  //
                                     1.0, 1.0, 0, 1, 1.0, 1,  //
                                     1.0, 1.0, 1, 0, 1.0, 0,  //
                                     0.0, 0.5, 1, 1, 0.0, 1,  //
                                     1.0, 1.0, 1, 0, 1.0, 0},
                                    6);
  EXPECT_TRUE(at::allclose(distances, expected, 0, 1e-15)) << distances;
}

TEST(GaussianProcess, two_points_in_closed_form) {
  const double length = 0.7, signal = 1.3, noise = 0.2, apart = 0.4, y0 = 0.8, y1 = -0.5;
  const GaussianProcess process(matrix_of({0, apart, apart, 0}, 2), vector_of({y0, y1}), {length, signal, noise});
  // Covariance [[a, b], [b, a]], whose inverse is [[a, -b], [-b, a]] / (a^2 - b^2).
  const double a = signal + noise, b = signal * std::exp(-apart / length), det = a * a - b * b;
  const double near = 0.1, far = 0.9;
  const double k0 = signal * std::exp(-near / length), k1 = signal * std::exp(-far / length);
  const double mean = (k0 * (a * y0 - b * y1) + k1 * (a * y1 - b * y0)) / det;
  const double variance = signal - (a * k0 * k0 - 2 * b * k0 * k1 + a * k1 * k1) / det;
  const Posterior posterior = process.posterior(matrix_of({far, near, near, far, 50, 50}, 3));
  EXPECT_NEAR(scalar(posterior.mean[1]), mean, 1e-12);
  EXPECT_NEAR(scalar(posterior.deviation[1]), std::sqrt(variance), 1e-12);
  EXPECT_NEAR(scalar(posterior.mean[2]), 0, 1e-12);  // far from all that was seen: what was believed before
  EXPECT_NEAR(scalar(posterior.deviation[2]), std::sqrt(signal), 1e-12);
  const double misfit = (a * y0 * y0 - 2 * b * y0 * y1 + a * y1 * y1) / det;
  EXPECT_NEAR(process.misfit(), misfit, 1e-12);
  EXPECT_NEAR(process.log_likelihood(), -0.5 * (misfit + std::log(det)) - std::log(2 * std::numbers::pi), 1e-12);
}

// Bags of six words out of six times five, and the distances among them.
Tensor random_distances(int64_t count, const Key& key) {
  std::vector<std::vector<std::string>> bags(static_cast<size_t>(count));
  const Tensor words = key.integers(count * 6, 5);
  for (int64_t i = 0; i < count * 6; ++i)
    bags[static_cast<size_t>(i / 6)].push_back(std::to_string(i % 6) + "=" + std::to_string(words[i].item<int64_t>()));
  return word_distances(bags);
}

TEST(FitKernel, finds_the_parameters_of_the_grid_with_the_largest_likelihood) {
  const Tensor distances = random_distances(60, Key(1));
  const Tensor prior = at::linalg_cholesky((distances / -2).exp() * 3 + 0.03 * at::eye(60, at::kDouble));
  const Tensor values = at::mv(prior, Key(2).normal({60}).to(at::kDouble));
  const KernelParameters fit = fit_kernel(distances, values);
  const double best = GaussianProcess(distances, values, fit).log_likelihood();
  for (const double length : {0.125, 0.25, 0.5, 1., 2., 4.})
    for (const double ratio : {1e-4, 1e-3, 1e-2, 1e-1, 1.})
      for (const double signal : {0.1, 0.5, 1., 2., 3., 5., 10.})
        EXPECT_LE(GaussianProcess(distances, values, {length, signal, ratio * signal}).log_likelihood(), best + 1e-9);
  for (const double factor : {0.95, 1.05})  // the signal is no point of a grid
    EXPECT_LT(
        GaussianProcess(distances, values, {fit.length, factor * fit.signal, factor * fit.noise}).log_likelihood(),
        best);
  EXPECT_LE(fit.noise / fit.signal, 0.1);
}

TEST(FitKernel, mere_noise_is_taken_for_noise_and_a_constant_breaks_nothing) {
  const Tensor distances = random_distances(60, Key(1));
  const KernelParameters noise = fit_kernel(distances, Key(3).normal({60}).to(at::kDouble));
  EXPECT_EQ(noise.noise / noise.signal, 1);
  const Tensor zeros = at::zeros({60}, at::kDouble);
  const Posterior posterior = GaussianProcess(distances, zeros, fit_kernel(distances, zeros)).posterior(distances);
  EXPECT_TRUE(at::isfinite(posterior.mean).all().item<bool>() && at::isfinite(posterior.deviation).all().item<bool>());
}

TEST(ExpectedImprovement, is_the_mean_of_the_gain) {
  const Posterior posterior{vector_of({0, 1, -1, 2, 0.3}), vector_of({1, 0.5, 2, 0, 0})};
  const Tensor improvement = expected_improvement(posterior, 0.5);
  const Tensor draws = Key(4).normal({400000}).to(at::kDouble);
  for (int64_t i = 0; i < 5; ++i) {
    const Tensor gain = (posterior.mean[i] + posterior.deviation[i] * draws - 0.5).clamp_min(0);
    EXPECT_NEAR(scalar(improvement[i]), scalar(gain.mean()), 5e-3) << i;
  }
  EXPECT_NEAR(scalar(expected_improvement({vector_of({0.5}), vector_of({1})}, 0.5)), std::sqrt(0.5 / std::numbers::pi),
              1e-12);
}

}  // namespace
}  // namespace gtn
