#include "gtn/data/soft_labels.h"

#include <gmock/gmock.h>

#include <limits>

#include "gtn/core/archive.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

using testing::HasSubstr;

Dataset toy_images() {
  return make_dataset("toy_images", random_pixels({5, 1, 3, 3}, 1), at::tensor({2, 0, 1, 1, 0}, at::kLong),
                      {"a", "b", "c"});
}

Tensor opinions() { return at::softmax(Key(4).normal({5, 3}), 1); }

TEST(MixedTargets, are_the_class_and_the_opinion_by_weight) {
  const Tensor soft =
      at::tensor({0.5, 0.25, 0.25, 0.0, 1.0, 0.0, 0.2, 0.2, 0.6, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0}, at::kFloat)
          .view({5, 3});
  const Tensor mixed = mixed_targets(toy_images(), soft, 0.25);
  const Tensor expected =
      at::tensor({0.125, 0.0625, 0.8125, 0.75, 0.25, 0.0, 0.05, 0.8, 0.15, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0}, at::kFloat)
          .view({5, 3});
  EXPECT_TRUE(at::allclose(mixed, expected)) << mixed;
  EXPECT_EQ(mixed.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(mixed_targets(toy_images(), opinions(), 1), opinions()));
  const Tensor hard = mixed_targets(toy_images(), opinions(), 0);
  EXPECT_TRUE(at::equal(hard, at::one_hot(toy_images().labels, 3).to(at::kFloat)));
  EXPECT_THROW(mixed_targets(toy_images(), opinions().narrow(0, 0, 4), 0.5), std::invalid_argument);
  EXPECT_THROW(mixed_targets(toy_images(), opinions(), 1.5), std::invalid_argument);
}

TEST(SoftLabels, come_back_from_their_file_to_the_bit) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "experts.safetensors";
  save_soft_labels(path, {opinions(), toy_images().fingerprint, "abc", "three of them"});
  const SoftLabels back = load_soft_labels(path, toy_images(), "abc");
  EXPECT_TRUE(at::equal(back.labels, opinions()));
  EXPECT_EQ(back.note, "three of them");
}

TEST(SoftLabels, a_file_that_does_not_fit_is_named_and_says_how_to_get_on) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "experts.safetensors";
  Tensor negative = opinions(), no_number = opinions(), large = opinions();
  negative[1][0] -= 2;
  negative[1][1] += 2;
  no_number[2][1] = std::numeric_limits<float>::quiet_NaN();
  large[0][0] += 1;
  const SoftLabels right{opinions(), toy_images().fingerprint, "abc", ""};
  const auto with = [&](const Tensor& labels) {
    SoftLabels changed = right;
    changed.labels = labels;
    return changed;
  };
  SoftLabels elsewhere = right, otherwise = right;
  elsewhere.dataset_fingerprint = "other";
  otherwise.config_hash = "other";
  const std::pair<SoftLabels, const char*> cases[] = {
      {with(opinions().narrow(0, 0, 4)), "holds labels [4, 3], but the images need [5, 3]"},
      {with(opinions().t().contiguous()), "[3, 5]"},
      {with(opinions().flatten()), "[15]"},
      {with(at::zeros({0, 3})), "[0, 3]"},
      {with(opinions().to(at::kDouble)), "not float32"},
      {with(negative), "are not probabilities"},
      {with(no_number), "are not probabilities"},
      {with(large), "are not probabilities"},
      {elsewhere, "other images"},
      {otherwise, "another configuration"},
  };
  for (const auto& [soft, what] : cases) {
    save_soft_labels(path, soft);
    expect_error([&] { load_soft_labels(path, toy_images(), "abc"); }, ErrorKind::failure,
                 {path.string(), what, "remove it, and the experts are trained again"});
  }
  write_archive(path, {{{"labels", opinions()}}, {{"config_hash", "abc"}}});
  expect_error([&] { load_soft_labels(path, toy_images(), "abc"); }, ErrorKind::failure, {"is no file of soft labels"});
  save_soft_labels(path, right);
  Archive without = read_archive(path);
  without.tensors.clear();
  write_archive(path, without);
  expect_error([&] { load_soft_labels(path, toy_images(), "abc"); }, ErrorKind::failure, {"holds no labels"});
  save_soft_labels(path, right);
  const std::string bytes = read_file(path);
  for (const size_t length : {size_t{0}, size_t{5}, bytes.size() / 2, bytes.size() - 1}) {
    write_file_atomic(path, bytes.substr(0, length));
    EXPECT_THAT(message_of([&] { load_soft_labels(path, toy_images(), "abc"); }), HasSubstr(path.string())) << length;
  }
}

}  // namespace
}  // namespace gtn
