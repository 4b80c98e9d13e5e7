// The sets of real images that stand beside a curriculum.
#pragma once

#include "gtn/data/artefact.h"
#include "gtn/unroll/evaluation.h"
#include "gtn/unroll/experts.h"

namespace gtn {

// As many images as the curriculum stores, in balance over the classes; fewer where the smallest class has not its
// share.
int64_t control_images(const Artefact& artefact, const Dataset& training);

// Images `chosen` of the training split with their own labels, on `device`.
ImageSet chosen_set(const Splits& splits, const Tensor& chosen, at::Device device);

// "kmeans": control_images() real images near the centres of k-means.
Control kmeans_control(const Artefact& artefact, const Splits& splits, const Key& key, at::Device device);

// "kmeans_soft": the same with the mean softmax(logits / temperature) of experts, networks `learner` trained on real
// data.
Control soft_control(const Control& kmeans, const Learner& learner, const Splits& splits, const ExpertConfig& config,
                     double temperature, const Key& key, at::Device device, const Progress& progress);

}  // namespace gtn
