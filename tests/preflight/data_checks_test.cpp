#include <cmath>

#include "tests/preflight/planned.h"

namespace gtn {
namespace {

// The images of a data set, to write into; they are this data set's own.
Tensor own_images(Dataset& data) {
  data.images = data.images.clone();
  return data.images;
}

TEST(Preflight, labels_that_are_no_class) {
  PlannedRun run = healthy_run();
  run.splits.validation.labels = run.splits.validation.labels.clone();
  run.splits.validation.labels[5] = 3;
  run.splits.validation.labels[7] = -1;
  expect_fault(check_labels, run, "2 of 390");
  EXPECT_EQ(check_labels(run).value, 2);
  EXPECT_EQ(run_checks(run, Effort::minutes).size(), 1u) << "what builds on labels makes no sense then";
}

TEST(Preflight, labels_without_images) {
  PlannedRun run = healthy_run();
  run.splits.test.labels = run.splits.test.labels.narrow(0, 0, 50);
  expect_fault(check_labels, run, "10 without an image");
}

TEST(Preflight, a_class_that_is_rare_or_missing) {
  PlannedRun run = healthy_run();
  run.splits.train.labels = at::zeros({240}, at::kLong);
  run.splits.train.labels[0] = 1;
  run.splits.train.labels[1] = 2;
  expect_fault(check_balance, run, "1 to 238 images a class; class \"middle\" is rare");
  run.splits.train.labels[1] = 0;
  expect_fault(check_balance, run, "class \"bottom\" has no training image");
  EXPECT_TRUE(std::isinf(check_balance(run).value));
  run = healthy_run();
  run.splits.test.labels = run.splits.test.labels.remainder(2);
  EXPECT_EQ(found(check_balance, run).verdict, Verdict::warn);
}

TEST(Preflight, images_of_one_value) {
  PlannedRun run = healthy_run();
  own_images(run.splits.test)[3].fill_(17);
  EXPECT_EQ(found(check_constant_images, run).verdict, Verdict::warn);
  EXPECT_DOUBLE_EQ(check_constant_images(run).value, 100.0 / 390);
  own_images(run.splits.train).narrow(0, 20, 4).zero_();
  expect_fault(check_constant_images, run, "look at training image 20");
}

TEST(Preflight, copies_among_the_training_images) {
  PlannedRun run = healthy_run();
  Tensor images = own_images(run.splits.train);
  images.narrow(0, 120, 60).copy_(images.narrow(0, 0, 60));
  expect_fault(check_duplicates, run, "60 of 240 (25 %), 0 under another label");
}

TEST(Preflight, copies_under_another_label) {
  PlannedRun run = healthy_run();
  Tensor images = own_images(run.splits.train);
  images.narrow(0, 121, 4).copy_(images.narrow(0, 0, 4));
  expect_fault(check_duplicates, run, "4 under another label");
  images = own_images(run.splits.train = bright_rows("training", 240));
  images[4].copy_(images[0]);
  EXPECT_EQ(found(check_duplicates, run).verdict, Verdict::warn);
}

TEST(Preflight, images_in_two_splits) {
  PlannedRun run = healthy_run();
  own_images(run.splits.validation).narrow(0, 0, 9).copy_(run.splits.train.images.narrow(0, 30, 9));
  own_images(run.splits.test).narrow(0, 0, 3).copy_(run.splits.validation.images.narrow(0, 60, 3));
  expect_fault(check_leaks, run, "12 of 150 (8 %): 9 validation, 3 test");
  own_images(run.splits.test = bright_rows("test", 60));
  own_images(run.splits.validation = bright_rows("validation", 90));
  EXPECT_EQ(check_leaks(run).value, 0);
}

TEST(Preflight, a_normalisation_of_other_data) {
  PlannedRun run = healthy_run();
  run.splits.normalization.mean = run.splits.normalization.mean * 2;
  expect_fault(check_normalization, run, "mean -");
  run = healthy_run();
  run.splits.normalization.std = at::ones({1});  // pixel values in [0, 1], only shifted
  expect_fault(check_normalization, run, "deviation 0.");
}

TEST(Preflight, a_channel_without_content) {
  PlannedRun run = healthy_run();
  own_images(run.splits.train).fill_(200);
  run.splits.normalization = measure_normalization(run.splits.train.images);
  EXPECT_EQ(found(check_normalization, run).verdict, Verdict::warn);
}

}  // namespace
}  // namespace gtn
