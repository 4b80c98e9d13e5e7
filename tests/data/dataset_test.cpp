#include "gtn/data/dataset.h"

#include <gmock/gmock.h>

#include <set>

#include "gtn/data/idx.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> ten() { return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; }

TEST(Normalization, statistics_agree_with_a_direct_computation) {
  const Tensor images = random_pixels({7, 3, 4, 5}, 5);
  const Normalization measured = measure_normalization(images);
  const Tensor columns = images.to(at::kDouble).div(255).transpose(0, 1).reshape({3, -1});
  EXPECT_TRUE(at::allclose(measured.mean.to(at::kDouble), columns.mean(1), 1e-6));
  EXPECT_TRUE(at::allclose(measured.std.to(at::kDouble), columns.std(1, /*unbiased=*/false), 1e-6));
}

TEST(Normalization, apply_standardises_and_invert_brings_back) {
  const Tensor images = random_pixels({7, 3, 4, 5}, 5);
  const Normalization normalization = measure_normalization(images);
  const Tensor units = normalization.apply(images);
  EXPECT_EQ(units.scalar_type(), at::kFloat);
  EXPECT_TRUE(units.is_contiguous(kChannelsLast));
  const Tensor columns = units.transpose(0, 1).reshape({3, -1});
  EXPECT_TRUE(at::allclose(columns.mean(1), at::zeros({3}), 0, 1e-5));
  EXPECT_TRUE(at::allclose(columns.std(1, false), at::ones({3}), 0, 1e-5));
  EXPECT_TRUE(at::allclose(normalization.invert(units), images.to(at::kFloat).div(255), 0, 1e-6));
  EXPECT_TRUE(at::allclose(normalization.invert(units[0]), images[0].to(at::kFloat).div(255), 0, 1e-6));
  const Tensor clamped = normalization.invert(units * 100);
  EXPECT_EQ(scalar(clamped.max()), 1);
  EXPECT_EQ(scalar(clamped.min()), 0);
}

TEST(Normalization, a_constant_channel_stays_finite) {
  for (const int grey : {0, 1, 77, 255}) {
    const Tensor images = at::full({50, 1, 9, 9}, grey, at::kByte);
    const Normalization normalization = measure_normalization(images);
    EXPECT_EQ(scalar(normalization.std), 1) << grey;
    EXPECT_NEAR(scalar(normalization.apply(images).abs().max()), 0, 1e-6) << grey;
  }
  EXPECT_TRUE(at::equal(measure_normalization(at::full({50, 2, 3, 3}, 0.1)).std, at::ones({2})));
  EXPECT_THROW(measure_normalization(at::zeros({2, 1, 3, 3}, at::kDouble)), std::invalid_argument);
}

TEST(Normalization, floats_are_measured_as_bytes_are) {
  const Tensor images = random_pixels({7, 3, 4, 5}, 5);
  const Normalization of_bytes = measure_normalization(images),
                      of_floats = measure_normalization(images.to(at::kFloat));
  EXPECT_TRUE(at::allclose(of_floats.mean, of_bytes.mean, 1e-6));
  EXPECT_TRUE(at::allclose(of_floats.std, of_bytes.std, 1e-6));
}

TEST(Normalization, a_table_is_shown_as_a_grid) {
  const Tensor rows = Key(1).normal({6, 5, 1, 1}) * 1000;
  const Normalization normalization = measure_normalization(rows);
  const Tensor units = normalization.apply(rows), shown = normalization.display(units);
  EXPECT_EQ(shape_of(shown), (Shape{6, 1, 2, 3}));
  EXPECT_EQ(scalar(shown[0][0][1][2]), 0.5) << "there is no sixth value";
  EXPECT_NEAR(scalar(shown[3][0][1][0]), 0.5 + scalar(units[3][3][0][0]) / 6, 1e-6);
  const Tensor pixels = random_pixels({2, 3, 4, 4}, 1);
  const Normalization of_pixels = measure_normalization(pixels);
  EXPECT_TRUE(at::allclose(of_pixels.display(of_pixels.apply(pixels)), pixels.to(at::kFloat) / 255, 0, 1e-6));
}

TEST(Dataset, faults_are_all_reported) {
  const Tensor images = random_pixels({4, 1, 2, 2}, 1);
  EXPECT_EQ(make_dataset("toy", images, at::arange(4), ten()).size(), 4);
  EXPECT_THAT(message_of([&] {
                make_dataset("toy", images, at::tensor({0, 10, -1, 2, 3}, at::kLong), ten());
              }),
              AllOf(StartsWith("toy: 2 faults"), HasSubstr("4 images but 5 labels"),
                    HasSubstr("2 labels lie outside the 10 classes"), HasSubstr("the first is 10, of image 1"),
                    HasSubstr("correct the labels")));
  EXPECT_THAT(message_of([&] { make_dataset("toy", at::zeros({3}), at::zeros({3}), {}); }),
              AllOf(HasSubstr("images must be uint8 [N, C, H, W]"), HasSubstr("labels must be int64"),
                    HasSubstr("1 to 1000 classes")));
}

TEST(Dataset, the_fingerprint_sees_pixels_labels_and_shape) {
  const Tensor images = random_pixels({4, 1, 2, 6}, 1), labels = at::arange(4);
  const std::string fingerprint = fingerprint_of(images, labels);
  EXPECT_EQ(fingerprint.size(), 16u);
  EXPECT_EQ(fingerprint, fingerprint_of(images.clone(), labels.clone()));
  EXPECT_NE(fingerprint, fingerprint_of(images.view({4, 1, 6, 2}), labels));
  EXPECT_NE(fingerprint, fingerprint_of(images, labels.flip(0)));
  EXPECT_NE(fingerprint, fingerprint_of(images.bitwise_xor(1), labels));
}

// One-pixel images that carry their own number.
Dataset numbered(int64_t count) {
  return make_dataset("numbered", at::arange(count).to(at::kByte).view({count, 1, 1, 1}),
                      at::arange(count).remainder(10), ten());
}

TEST(Split, parts_are_disjoint_complete_and_the_same_each_time) {
  const Splits splits = split_dataset(numbered(120), numbered(9));
  EXPECT_EQ(splits.train.size(), 100);
  EXPECT_EQ(splits.validation.size(), 20);
  EXPECT_EQ(splits.test.fingerprint, numbered(9).fingerprint);
  std::set<int64_t> seen;
  for (const Dataset* part : {&splits.train, &splits.validation}) {
    for (int64_t i = 0; i < part->size(); ++i) {
      const int64_t number = part->images[i].item<int64_t>();
      EXPECT_TRUE(seen.insert(number).second);
      EXPECT_EQ(part->labels[i].item<int64_t>(), number % 10);
    }
  }
  EXPECT_EQ(seen.size(), 120u);
  EXPECT_EQ(split_dataset(numbered(120), numbered(9)).train.fingerprint, splits.train.fingerprint);
  EXPECT_FALSE(
      at::equal(std::get<0>(splits.validation.images.sort(0)), at::arange(100, 120).to(at::kByte).view({20, 1, 1, 1})));
  EXPECT_TRUE(at::equal(splits.normalization.mean, measure_normalization(splits.train.images).mean));
}

TEST(Split, validation_size_is_configurable_and_checked) {
  EXPECT_EQ(split_dataset(numbered(12), numbered(1), 5).validation.size(), 5);
  EXPECT_EQ(split_dataset(numbered(2), numbered(1)).validation.size(), 1);
  for (const int64_t size : {0, -1, 12, 13})
    EXPECT_THROW(split_dataset(numbered(12), numbered(1), size), Error) << size;
  EXPECT_THAT(message_of([] { split_dataset(numbered(12), numbered(1), 12); }),
              AllOf(StartsWith("validation: 12 of 12 images"), HasSubstr("choose from 1")));
}

TEST(OpenDataset, by_folder_and_by_name_in_the_search_folders) {
  const TemporaryFolder folder;
  write_idx_folder(folder.path() / "fashion-mnist", 60, 20);
  write_idx_folder(folder.path() / "own", 60, 20);
  const Splits by_name = open_dataset("fashion_mnist", {"/nowhere", folder.path()});
  EXPECT_EQ(by_name.train.name, "fashion_mnist");
  EXPECT_EQ(by_name.train.class_names[9], "Ankle boot");
  EXPECT_EQ(shape_of(by_name.train.images), (Shape{50, 1, 4, 5}));
  EXPECT_EQ(by_name.validation.size(), 10);
  EXPECT_EQ(by_name.test.size(), 20);
  EXPECT_EQ(open_dataset("fashion_mnist", {folder.path() / "fashion-mnist"}).train.fingerprint,
            by_name.train.fingerprint);

  const Splits with_slash = open_dataset((folder.path() / "fashion-mnist/").string(), {"/nowhere"});
  EXPECT_EQ(with_slash.train.class_names, by_name.train.class_names);
  EXPECT_EQ(with_slash.train.fingerprint, by_name.train.fingerprint);

  const Splits by_folder = open_dataset((folder.path() / "own").string(), {}, 7);
  EXPECT_EQ(by_folder.validation.size(), 10) << "one of each class";
  EXPECT_EQ(by_folder.train.class_names, ten());
  EXPECT_EQ(by_folder.train.name, (folder.path() / "own").string());
  EXPECT_EQ(open_dataset("own", {folder.path()}).test.fingerprint, by_folder.test.fingerprint);
  EXPECT_THAT(
      message_of([&] { open_dataset("own", {folder.path()}, {}, {.data = {.size = 2}}); }),
      HasSubstr("size and label are for pictures, tables and arrays of your own; own has files of a fixed form"));
  EXPECT_THAT(message_of([&] { open_dataset("fashion_mnist", {folder.path()}, {}, {.data = {.split_seed = 2}}); }),
              HasSubstr("size, label and split_seed are for"));
}

TEST(OpenDataset, files_of_ones_own_are_split_class_by_class_by_seed) {
  const TemporaryFolder folder;
  write_idx_folder(folder.path() / "own", 120, 20);
  fs::remove(folder.path() / "own/train-labels-idx1-ubyte.gz");
  const Tensor labels = at::cat({at::full({96}, 1, at::kByte), at::full({24}, 4, at::kByte)});  // none is 0, 2 or 3
  write_file_atomic(folder.path() / "own/train-labels-idx1-ubyte", idx_bytes(labels));
  write_file_atomic(folder.path() / "own/t10k-labels-idx1-ubyte", idx_bytes(at::full({20}, 4, at::kByte)));
  const auto open = [&](int64_t seed) {
    return open_dataset("own", {folder.path()}, {}, {.data = {.split_seed = seed}});
  };
  const Splits splits = open(1);
  EXPECT_EQ(splits.train.class_names, (std::vector<std::string>{"1", "4"}));
  EXPECT_TRUE(at::equal(splits.validation.labels.bincount(), at::tensor({16, 4}, at::kLong)));
  EXPECT_TRUE(at::equal(splits.test.labels, at::ones({20}, at::kLong)));
  EXPECT_EQ(open(1).train.fingerprint, splits.train.fingerprint);
  EXPECT_NE(open(2).train.fingerprint, splits.train.fingerprint);
  write_file_atomic(folder.path() / "own/t10k-labels-idx1-ubyte", idx_bytes(at::full({20}, 3, at::kByte)));
  EXPECT_THAT(message_of([&] { open(1); }), HasSubstr("labels that are no class of the training: 20"));
}

TEST(OpenDataset, data_that_were_moved_are_split_as_before) {
  const TemporaryFolder folder;
  const std::string before = (folder.path() / "mnist").string(), moved = (folder.path() / "moved").string();
  write_idx_folder(before, 60, 20);
  const std::string fingerprint = open_dataset(before, {}).train.fingerprint;
  fs::rename(before, moved);
  EXPECT_EQ(open_dataset(moved, {}, std::nullopt, {.name = before}).train.fingerprint, fingerprint);
  EXPECT_NE(open_dataset(moved, {}).train.fingerprint, fingerprint);
}

TEST(OpenDataset, what_is_not_read_is_named) {
  const TemporaryFolder folder;
  write_idx_folder(folder.path(), 60, 20);
  const auto remarks = [&] { return open_with_sources(folder.path().string(), {}).remarks; };
  EXPECT_EQ(remarks(), std::vector<std::string>());
  for (const char* name : {"README", "notes.txt", ".hidden"}) write_file_atomic(folder.path() / name, "");
  EXPECT_EQ(remarks(), std::vector<std::string>());
  fs::create_directory(folder.path() / "cats");
  for (const char* name : {"a.png", "more.csv", "z.npz"}) write_file_atomic(folder.path() / name, "");
  ASSERT_EQ(remarks().size(), 1u);
  EXPECT_THAT(remarks().front(), AllOf(StartsWith("not read, as train-images-idx3-ubyte"),
                                       HasSubstr("\"a.png\", \"cats\", \"more.csv\" and 1 more")));
}

TEST(OpenDataset, a_complete_folder_wins_over_a_half_one) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "a/mnist");
  write_idx_folder(folder.path() / "b/mnist", 12, 10);
  EXPECT_EQ(open_dataset("mnist", {folder.path() / "a", folder.path() / "b"}).train.size(), 10);
}

TEST(OpenDataset, colour_images_have_four_dimensions) {
  const TemporaryFolder folder;
  write_idx_folder(folder.path(), 20, 10);
  write_file_atomic(folder.path() / "train-images-idx3-ubyte", idx_bytes(random_pixels({20, 3, 4, 5}, 3)));
  EXPECT_THAT(message_of([&] { open_dataset(folder.path().string(), {}); }),
              AllOf(HasSubstr("training examples are [3, 4, 5] and test examples [1, 4, 5]")));
  fs::remove(folder.path() / "t10k-images-idx3-ubyte.gz");
  write_file_atomic(folder.path() / "t10k-images-idx3-ubyte", idx_bytes(random_pixels({10, 3, 4, 5}, 4)));
  EXPECT_EQ(shape_of(open_dataset(folder.path().string(), {}).normalization.mean), Shape{3});
}

TEST(OpenDataset, nothing_found_says_where_was_searched_and_what_to_do) {
  EXPECT_THAT(message_of([] {
                open_dataset("fashion_mnist", {"/nowhere", "/either"});
              }),
              AllOf(StartsWith("fashion_mnist: "), HasSubstr("/nowhere/fashion_mnist"),
                    HasSubstr("/either/fashion-mnist"), HasSubstr("apt install dataset-fashion-mnist")));
  EXPECT_THAT(message_of([] { open_dataset("mnist", {"/nowhere"}); }), HasSubstr("tools/fetch_data mnist"));
  EXPECT_THAT(message_of([] { open_dataset("mnits", {"/nowhere"}); }),
              AllOf(HasSubstr("neither a known data set (fashion_mnist, mnist, cifar10) nor a folder"),
                    HasSubstr("give a folder")));
}

TEST(OpenDataset, every_missing_or_broken_file_is_named_at_once) {
  const TemporaryFolder folder;
  write_idx_folder(folder.path(), 12, 10);
  fs::remove(folder.path() / "t10k-labels-idx1-ubyte");
  write_file_atomic(folder.path() / "train-images-idx3-ubyte", idx_bytes({12, 4, 5}, "too short"));
  write_file_atomic(folder.path() / "t10k-images-idx3-ubyte", idx_bytes(at::arange(10)));
  EXPECT_THAT(
      message_of([&] { open_dataset(folder.path().string(), {}); }),
      AllOf(StartsWith(folder.path().string() + ": 3 faults"), HasSubstr("train-images-idx3-ubyte: is cut short"),
            HasSubstr("t10k-labels-idx1-ubyte is missing"),
            HasSubstr("t10k-images-idx3-ubyte holds labels [10], but images belong there; were two files swapped?")));
}

TEST(OpenDataset, images_given_as_labels_count_mismatch_and_labels_out_of_range) {
  const TemporaryFolder folder;
  const fs::path mnist = folder.path() / "mnist";
  write_idx_folder(mnist, 12, 10);
  write_file_atomic(mnist / "t10k-labels-idx1-ubyte", idx_bytes(at::arange(1, 11)));
  fs::remove(mnist / "train-labels-idx1-ubyte.gz");
  write_file_atomic(mnist / "train-labels-idx1-ubyte", idx_bytes(at::arange(11)));
  EXPECT_THAT(message_of([&] { open_dataset("mnist", {folder.path()}); }),
              AllOf(HasSubstr("12 training images but 11 training labels"), HasSubstr("training labels go up to 10"),
                    HasSubstr("test labels go up to 10, but there are only 10 classes; correct the labels")));
  write_file_atomic(mnist / "train-labels-idx1-ubyte", idx_bytes(random_pixels({12, 4, 5}, 1)));
  EXPECT_THAT(
      message_of([&] { open_dataset(mnist.string(), {}); }),
      HasSubstr("train-labels-idx1-ubyte holds images [12, 4, 5], but labels belong there; were two files swapped?"));
}

TEST(OpenDataset, real_fashion_mnist) {
  const fs::path shelf = default_data_folders().front();
  if (!fs::exists(shelf / "fashion-mnist")) GTEST_SKIP() << "the Debian package dataset-fashion-mnist is not installed";
  const Splits splits = open_dataset("fashion_mnist", default_data_folders());
  EXPECT_EQ(shape_of(splits.train.images), (Shape{50000, 1, 28, 28}));
  EXPECT_EQ(splits.validation.size(), 10000);
  EXPECT_EQ(splits.test.size(), 10000);
  EXPECT_NEAR(scalar(splits.normalization.mean), 0.286, 0.001);  // as published for all 60,000
  EXPECT_NEAR(scalar(splits.normalization.std), 0.353, 0.001);
  EXPECT_TRUE(at::equal(splits.test.labels.bincount(), at::full({10}, 1000, at::kLong)));
}

}  // namespace
}  // namespace gtn
