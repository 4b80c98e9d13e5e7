#include "gtn/data/real_source.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/data/files.h"

namespace gtn {
namespace {

using testing::HasSubstr;

constexpr int64_t kCount = 23;

// Image i is filled with the value i and has the label i % 3.
Dataset toy() {
  const Tensor numbers = at::arange(kCount);
  return make_dataset("toy", numbers.to(at::kByte).view({-1, 1, 1, 1}).expand({kCount, 2, 3, 3}), numbers.remainder(3),
                      {"a", "b", "c"});
}

// Leaves pixel values as they are, up to the division by 255.
Normalization identity() { return {at::zeros({2}), at::ones({2})}; }

RealSource source(Sampling sampling, uint64_t seed = 1) { return {toy(), identity(), 5, Key(seed), sampling}; }

TEST(RealSource, a_batch_holds_the_chosen_images_their_labels_and_nothing_else) {
  for (const Sampling sampling : {Sampling::with_replacement, Sampling::by_epoch}) {
    const RealSource real = source(sampling);
    const Batch batch = real.batch(3);
    const Tensor chosen = real.indices(3);
    EXPECT_EQ(shape_of(batch.x), (Shape{5, 2, 3, 3}));
    EXPECT_TRUE(batch.x.is_contiguous(kChannelsLast));
    EXPECT_TRUE(at::allclose(batch.x, (chosen.to(at::kFloat) / 255).view({5, 1, 1, 1}).expand_as(batch.x)));
    EXPECT_EQ(batch.y.scalar_type(), at::kFloat);
    EXPECT_TRUE(at::equal(batch.y.argmax(1), chosen.remainder(3)));
    EXPECT_TRUE(at::equal(batch.y.sum(1), at::ones({5})));
    EXPECT_EQ(real.steps(), -1);
  }
}

TEST(RealSource, a_batch_depends_on_key_and_step_alone) {
  for (const Sampling sampling : {Sampling::with_replacement, Sampling::by_epoch}) {
    const RealSource real = source(sampling);
    const Batch first = real.batch(9);
    real.batch(2);
    EXPECT_TRUE(at::equal(real.batch(9).x, first.x));
    EXPECT_TRUE(at::equal(source(sampling).batch(9).x, first.x));
    EXPECT_FALSE(at::equal(source(sampling, 2).indices(9), real.indices(9)));
    EXPECT_FALSE(at::equal(real.indices(8), real.indices(9)));
    EXPECT_THROW(real.batch(-1), std::out_of_range);
  }
}

TEST(RealSource, targets_follow_their_images_and_choose_none) {
  const Tensor targets = at::softmax(Key(8).normal({kCount, 3}), 1);
  for (const Sampling sampling : {Sampling::with_replacement, Sampling::by_epoch, Sampling::balanced}) {
    RealSource real(toy(), identity(), 5, Key(1), sampling, at::kCPU, targets);
    EXPECT_TRUE(at::equal(real.batch(3).y, targets.index_select(0, real.indices(3))));
    EXPECT_TRUE(at::equal(real.batch(3).x, source(sampling).batch(3).x));
    real.set_targets({});
    EXPECT_TRUE(at::equal(real.batch(3).y, source(sampling).batch(3).y));
  }
  RealSource real = source(Sampling::by_epoch);
  for (const Tensor& wrong :
       {targets.t().contiguous(), targets.narrow(0, 0, 5), targets.flatten(), targets.to(at::kDouble)})
    EXPECT_THROW(real.set_targets(wrong), std::invalid_argument);
}

TEST(RealSource, by_epoch_meets_no_image_twice_in_an_epoch) {
  const RealSource real = source(Sampling::by_epoch);  // 4 batches of 5; 3 images are left out of each epoch
  Tensors epochs;
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    Tensors batches;
    for (int64_t step = 0; step < 4; ++step) batches.push_back(real.indices(4 * epoch + step));
    epochs.push_back(at::cat(batches));
    EXPECT_EQ(epochs.back().bincount({}, kCount).max().item<int64_t>(), 1);
  }
  EXPECT_FALSE(at::equal(epochs[0], epochs[1]));
  const RealSource whole(toy(), identity(), kCount, Key(1), Sampling::by_epoch);
  EXPECT_TRUE(at::equal(std::get<0>(whole.indices(1).sort()), at::arange(kCount)));
}

TEST(RealSource, with_replacement_reaches_every_image_and_repeats_some) {
  const RealSource real(toy(), identity(), 500, Key(1), Sampling::with_replacement);
  const Tensor counts = real.indices(0).bincount({}, kCount);
  EXPECT_GT(counts.min().item<int64_t>(), 0);
  EXPECT_EQ(counts.numel(), kCount);
}

TEST(RealSource, balanced_batches_have_class_b_mod_k_and_reach_every_image) {
  const RealSource real = source(Sampling::balanced);
  std::set<int64_t> met;
  for (int64_t step = 0; step < 200; ++step) {
    const Tensor chosen = real.indices(step);
    EXPECT_TRUE(at::equal(chosen.remainder(3), at::tensor({0, 1, 2, 0, 1}, at::kLong)));
    EXPECT_TRUE(at::equal(real.batch(step).y.argmax(1), chosen.remainder(3)));
    for (int64_t b = 0; b < 5; ++b) met.insert(chosen[b].item<int64_t>());
  }
  EXPECT_EQ(met.size(), static_cast<size_t>(kCount));
}

TEST(RealSource, batches_cannot_be_balanced_where_a_class_has_no_image) {
  const Dataset lacking =
      make_dataset("toy", at::zeros({4, 2, 3, 3}, at::kByte), at::tensor({0, 0, 2, 2}, at::kLong), {"a", "b", "c"});
  try {
    RealSource(lacking, identity(), 5, Key(1), Sampling::balanced);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("class 'b' of toy has no image"));
  }
}

TEST(RealSource, batch_sizes_that_make_no_sense) {
  EXPECT_THAT(message_of([] { RealSource(toy(), identity(), 0, Key(1), Sampling::with_replacement); }),
              HasSubstr("must be at least 1, not 0"));
  EXPECT_THAT(message_of([] { RealSource(toy(), identity(), 24, Key(1), Sampling::by_epoch); }),
              HasSubstr("24 is more than the 23 images of an epoch; choose less"));
}

TEST(Slice, chunks_follow_the_data_set_to_its_end) {
  const Dataset dataset = toy();
  const Batch middle = slice(dataset, identity(), 4, 6), end = slice(dataset, identity(), 20, 10);
  EXPECT_TRUE(at::allclose(middle.x.select(1, 0).select(1, 0).select(1, 0) * 255, at::arange(4, 10).to(at::kFloat)));
  EXPECT_TRUE(at::equal(middle.y.argmax(1), dataset.labels.narrow(0, 4, 6)));
  EXPECT_EQ(shape_of(end.x), (Shape{3, 2, 3, 3}));
  EXPECT_EQ(shape_of(end.y), (Shape{3, 3}));
  EXPECT_THROW(slice(dataset, identity(), 23, 1), std::out_of_range);
  EXPECT_THROW(slice(dataset, identity(), -1, 1), std::out_of_range);
  EXPECT_THROW(slice(dataset, identity(), 0, 0), std::out_of_range);
}

}  // namespace
}  // namespace gtn
