// Zero-cost proxies: what an untrained network tells of itself. Signs are as published: larger is said to be better.
// None of them takes steps or images of training; the key draws the initial parameters. Batch norms are in training
// mode, as in the published code, where they are not left out.
#pragma once

#include "gtn/data/batch.h"
#include "gtn/search/estimator.h"

namespace gtn {

// "params": the number of parameters.
EstimatorPtr parameter_count_estimator();

// "flops": multiply-adds of a forward pass of one image.
EstimatorPtr multiply_adds_estimator();

// "synflow": log of sum_w |w dR/dw| with R the sum of the outputs for an image of ones, all parameters replaced by
// their absolute values and normalisation left out, w the weights of convolutions and linear layers (Tanaka et al.,
// 2020, eq. 2 and algorithm 1; as a proxy: Abdelfattah et al., 2021). The logarithm leaves the ranking as it is. Of a
// weight-normalised layer w is the effective weight. Activations stay; a saturated tanh hides the layers before it.
EstimatorPtr synflow_estimator();

// "naswot": log det K, K_ij in how many activations the images i and j of the batch have inputs of the same sign
// (NASWOT: Mellor et al., 2021, eq. 2); every layer with a kink counts, and smooth ones by the sign of their input.
// Minus infinity, as the published code has it, where K is singular: two images have the same signs everywhere, or
// there are too few activations to tell so many apart.
EstimatorPtr naswot_estimator(const Batch& batch);

// "jacob_cov": -sum_i [log(l_i + e) + 1 / (l_i + e)], l_i the eigenvalues of the correlation of the images' input
// Jacobians, e = 1e-5; an image's Jacobian is the gradient in it of the sum of the batch's logits (jacob_cov: Mellor et
// al., 2020, version 1 of the same paper). NaN where an image's Jacobian is constant.
EstimatorPtr jacob_cov_estimator(const Batch& batch);

// "grad_norm": the sum over convolutions and linear layers of the Euclidean norm of the loss's gradient in their
// weights (Abdelfattah et al., 2021). Of a weight-normalised layer this is the gradient in the effective weight.
EstimatorPtr gradient_norm_estimator(const Batch& batch);

}  // namespace gtn
