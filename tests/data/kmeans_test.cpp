// k-means on points whose clusters are known, and the images it chooses.
#include "gtn/data/kmeans.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/core/expect_error.h"

namespace gtn {
namespace {

// `each` points around each of four corners of a square of side 20.
Tensor corners(int64_t each) {
  const Tensor centres = at::tensor({0.f, 0.f, 0.f, 20.f, 20.f, 0.f, 20.f, 20.f}).view({4, 2});
  return (centres.repeat({each, 1}) + 0.5 * Key(3).normal({4 * each, 2})).contiguous();
}

std::set<std::pair<int64_t, int64_t>> rounded(const Tensor& centres) {
  std::set<std::pair<int64_t, int64_t>> result;
  for (int64_t i = 0; i < centres.size(0); ++i)
    result.insert({std::llround(scalar(centres[i][0]) / 20), std::llround(scalar(centres[i][1]) / 20)});
  return result;
}

TEST(Kmeans, finds_separable_clusters_from_any_seed) {
  const Tensor points = corners(30);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Tensor centres = kmeans(points, 4, 20, Key(seed));
    EXPECT_EQ(rounded(centres).size(), 4u) << seed;
    // Each centre is the mean of its own points.
    const Tensor owner = at::cdist(points, centres).argmin(1);
    for (int64_t k = 0; k < 4; ++k) {
      const Tensor own = points.index_select(0, at::nonzero(owner == k).flatten());
      EXPECT_LT(scalar((own.mean(0) - centres[k]).norm()), 1e-4);
    }
  }
}

TEST(Kmeans, depends_on_its_key_alone) {
  const Tensor points = Key(5).normal({200, 3});
  EXPECT_TRUE(at::equal(kmeans(points, 7, 5, Key(1)), kmeans(points, 7, 5, Key(1))));
  EXPECT_FALSE(at::equal(kmeans(points, 7, 5, Key(1)), kmeans(points, 7, 5, Key(2))));
}

TEST(Kmeans, as_many_clusters_as_points_are_the_points_and_more_are_an_error) {
  const Tensor points = corners(2);
  const Tensor centres = kmeans(points, 8, 10, Key(1));
  EXPECT_LT(scalar(std::get<0>(at::cdist(points, centres).min(1)).max()), 1e-3);
  expect_error([&] { kmeans(points, 9, 10, Key(1)); }, ErrorKind::usage, {"9 clusters of 8 points", "1 to 8"});
  expect_error([&] { kmeans(points, 0, 10, Key(1)); }, ErrorKind::usage, {"0 clusters"});
  // Equal points: there is nothing to choose between, and nothing is divided by zero.
  EXPECT_TRUE(at::isfinite(kmeans(at::ones({5, 2}), 3, 10, Key(1))).all().item<bool>());
}

// Two classes, each of three shades (20, 120, 220) with a little noise; the classes alternate.
Dataset shades() {
  const Tensor labels = at::arange(60, at::kLong) % 2;
  const Tensor shade = (at::arange(60, at::kLong).div(2, "floor") % 3 * 100 + 20).to(at::kFloat);
  const Tensor images = shade.view({60, 1, 1, 1}) + Key(2).uniform({60, 1, 3, 2}, -5, 5);
  return make_dataset("shades", images.to(at::kByte), labels, {"even", "odd"});
}

TEST(KmeansImages, are_balanced_different_and_of_every_cluster) {
  const Dataset dataset = shades();
  const Tensor chosen = kmeans_images(dataset, measure_normalization(dataset.images), 6, Key(1));
  std::set<std::pair<int64_t, int64_t>> kinds;  // class, shade
  for (int64_t i = 0; i < 6; ++i) {
    const int64_t n = chosen[i].item<int64_t>();
    EXPECT_EQ(dataset.labels[n].item<int64_t>(), i % 2);
    kinds.insert({i % 2, dataset.images[n][0][0][0].item<int64_t>() / 100});
  }
  EXPECT_EQ(kinds.size(), 6u);
  EXPECT_TRUE(at::equal(chosen, kmeans_images(dataset, measure_normalization(dataset.images), 6, Key(1))));
}

TEST(KmeansImages, no_image_twice_even_when_all_are_taken) {
  const Dataset dataset = shades();
  for (const Tensor& chosen :
       {kmeans_images(dataset, measure_normalization(dataset.images), 60, Key(1)), random_images(dataset, 60, Key(1))})
    EXPECT_TRUE(at::equal(std::get<0>(chosen.sort()), at::arange(60, at::kLong)));
  // Seven of two classes: four and three.
  EXPECT_EQ(random_images(dataset, 7, Key(1)).remainder(2).sum().item<int64_t>(), 3);
}

TEST(KmeansImages, a_class_with_too_few_images_is_named) {
  const Dataset dataset = shades();
  const auto normalization = measure_normalization(dataset.images);
  expect_error([&] { kmeans_images(dataset, normalization, 62, Key(1)); }, ErrorKind::usage,
               {"shades", "'even' has 30 images, but 31"});
  expect_error([&] { random_images(dataset, 0, Key(1)); }, ErrorKind::usage, {"at least one"});
}

}  // namespace
}  // namespace gtn
