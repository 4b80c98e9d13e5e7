// The sets of real images that stand beside a curriculum.
#pragma once

#include "gtn/data/artefact.h"
#include "gtn/unroll/evaluation.h"
#include "gtn/unroll/experts.h"

namespace gtn {

// How many images may be chosen in balance over the classes: the smallest class's, times the number of classes.
int64_t balanced_images(const Dataset& training);

// How many real images, each with the number of its class, and one step size and momentum for all steps are stored in
// no more floats than the curriculum: its images, soft labels and two step sizes a step, or what its generator makes
// them of (parameters, inputs, labels, step sizes) where that is less.
int64_t images_of_equal_floats(const Artefact& artefact);

// Images `chosen` of the training split with their own labels, on `device`.
ImageSet chosen_set(const Splits& splits, const Tensor& chosen, at::Device device);

// `count` real images near the centres of k-means.
Control kmeans_control(const std::string& name, int64_t count, const Splits& splits, const Key& key, at::Device device);

// "kmeans_soft": the same with the mean softmax(logits / temperature) of experts, networks `learner` trained on real
// data: a variant for each of `temperatures`.
Control soft_control(const Control& kmeans, const Learner& learner, const Splits& splits, const ExpertConfig& config,
                     const std::vector<double>& temperatures, const Key& key, at::Device device,
                     const Progress& progress);

}  // namespace gtn
