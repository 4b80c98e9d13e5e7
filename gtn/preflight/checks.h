// The checks, by theme. Each says what its `value` is and from where on it warns and fails; a value that is not a
// number fails. None throws for what it finds; what a data set or learner throws passes through.
#pragma once

#include "gtn/preflight/check.h"

namespace gtn {

// data_checks.cpp: the data alone.

// Labels that are no class, over all splits, and labels without an image. Fails from one on.
Finding check_labels(const PlannedRun& run);
// Training images of the largest class for one of the smallest. Warns above 4 and where a split lacks a class, fails
// above 100 and where training does.
Finding check_balance(const PlannedRun& run);
// Percent of all images that are of a single value. Warns from one image on, fails above 1 %.
Finding check_constant_images(const PlannedRun& run);
// Percent of the training images that stand there before. Warns above 1 %, fails above 20 %; where equal images have
// different labels, warns from one on and fails above 1 %.
Finding check_duplicates(const PlannedRun& run);
// Percent of the validation and test images that are also training images, or of the test images validation images.
// Identical ones alone. Warns from one on, fails above 1 %.
Finding check_leaks(const PlannedRun& run);
// The largest |mean| or |deviation - 1| of a channel over up to 2,000 normalised training images; of whitened ones
// |mean| alone. Warns above 0.2 and for a constant channel, fails above 0.5.
Finding check_normalization(const PlannedRun& run);

// start_checks.cpp: the learner at its start.

// Mean cross-entropy of fresh learners less ln(classes), in nats. Warns above 3, where the right class has a twentieth
// of what guessing gives it; fails above 10, and below ln(classes) by a fifth of it. Networks with Kaiming weights
// throughout, the presets among them, begin up to 2.4 above on MNIST and CIFAR-10.
Finding check_initial_loss(const PlannedRun& run);
// The largest relative difference between the loss and what it has to equal: that of its own logits, that of the batch
// given twice, and half of that with labels given twice as large. Warns above 1e-3, fails above 1e-2.
Finding check_loss_scale(const PlannedRun& run);
// Percent of the input values that no fresh learner's loss depends on. Warns above 2 %, fails above 25 %.
Finding check_inputs_used(const PlannedRun& run);
// Percent of the parameters without any gradient. Warns above 15 %, fails above 40 % and where a whole weight has none.
Finding check_parameters_used(const PlannedRun& run);
// The largest difference, relative to the largest logit, between an image's logits beside others and alone. Warns above
// 1e-3, fails above 1e-2.
Finding check_images_apart(const PlannedRun& run);

// gradient_checks.cpp: derivatives in float64 on four images.

// The largest relative error of a parameter's gradient against central differences, at the best of four distances: a
// rectifier that switches between the two points spoils one, a wrong gradient all. Warns above 1e-4, fails above 1e-3.
Finding check_gradient(const PlannedRun& run);
// The relative error of H u, by which meta-gradients come, against differences of the gradient: the median of three
// directions. Warns above 1e-4, fails above 1e-2.
Finding check_second_order(const PlannedRun& run);

// layer_checks.cpp: inside the learner. One that is no Net cannot be looked into: it passes, with value zero and a
// figure that says so.

// Percent of an activation's units that give the same for every image, in the worst layer, at the start and after ten
// planned steps. Warns above 50 %, fails above 80 %.
Finding check_dead_units(const PlannedRun& run);
// The largest factor between two weight layers in the size of their outputs, or of their gradient over their weight.
// Warns above 300, fails above 1e4.
Finding check_layer_scales(const PlannedRun& run);

// step_checks.cpp: the planned step size.

// |change| / |weight| of a planned step, the mean of five, of the weight furthest from 1e-3. Warns outside
// [1e-5, 0.3], fails outside [1e-7, 3].
Finding check_update_ratio(const PlannedRun& run);
// The step size that is best after ten steps, of those below the first that does harm. Warns where the planned one is
// ten times larger or smaller and gains less than four fifths of that, fails where it does not lower the loss and
// another one does, or none does.
Finding check_step_size(const PlannedRun& run);

// learning_checks.cpp: what trainings of `run.steps` steps show.

// The learner's validation accuracy less that of the better of a linear model and a small net, in points. Warns below
// -2, of few images below two standard errors of the difference; fails where the learner, or both of the others, are no
// better than the most frequent class.
Finding check_simple_models(const PlannedRun& run);
// Two standard errors, in points, of the difference of two accuracies of about `percent` on so many images, as if each
// had images of its own: on the same ones they differ by less.
double difference_by_chance(double percent, int64_t images);
// The loss of one image that the learner is trained on alone. Fails above 0.05.
Finding check_one_image(const PlannedRun& run);
// Percent of 32 images that the learner gets right when trained on them alone. Warns below 100 %, fails below 90 %.
Finding check_one_batch(const PlannedRun& run);
// The least validation loss on the way of a training on shuffled labels, a mean of three shuffles with twice its
// standard error on top, over that of knowing the classes' shares alone. Warns below 0.95, fails below 0.85. Of fresh
// presets 1.00 to 1.02 on MNIST and Fashion-MNIST; where classes and images are few, chance helps more.
Finding check_shuffled_labels(const PlannedRun& run);

// forecast_check.cpp.

// Seconds of the planned run. Fails where it needs more memory than is free; warns above 80 % of that, and above a day.
Finding check_forecast(const PlannedRun& run);

}  // namespace gtn
