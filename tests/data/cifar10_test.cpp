#include "gtn/data/cifar10.h"

#include <gmock/gmock.h>

#include "gtn/data/dataset.h"
#include "gtn/report/png.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// `count` random images and labels, the same for the same seed.
LabelledImages example(int64_t count, uint64_t seed) {
  return {random_pixels({count, 3, 32, 32}, seed), Key(seed).split("labels").integers(count, 10)};
}

std::string binary_bytes(const LabelledImages& batch) {
  const Tensor rows =
      at::cat({batch.labels.view({-1, 1}).to(at::kByte), batch.images.reshape({-1, 3072})}, 1).contiguous();
  return {static_cast<const char*>(rows.data_ptr()), rows.nbytes()};
}

std::string png_bytes(const LabelledImages& batch) {
  return encode_png(batch.images.permute({0, 2, 3, 1}).reshape({-1, 1024, 3}).contiguous());
}

std::string list_of(const Tensor& labels) {
  std::string text;
  for (int64_t i = 0; i < labels.size(0); ++i) text += (i == 0 ? "[" : ",") + std::to_string(labels[i].item<int64_t>());
  return text + "]";
}

constexpr int64_t kEach = 4;  // images in each of the six batches

std::string batch_name(uint64_t i) { return i == 0 ? "test_batch" : "data_batch_" + std::to_string(i); }

void write_binary_folder(const fs::path& folder) {
  fs::create_directories(folder);
  for (uint64_t i = 0; i < 6; ++i)
    write_file_atomic(folder / (batch_name(i) + ".bin"), binary_bytes(example(kEach, i)));
}

void write_png_folder(const fs::path& folder, const std::string& labels = "labels") {
  fs::create_directories(folder);
  Tensors train;
  for (uint64_t i = 0; i < 6; ++i) {
    write_file_atomic(folder / (batch_name(i) + ".png"), png_bytes(example(kEach, i)));
    if (i > 0) train.push_back(example(kEach, i).labels);
  }
  write_file_atomic(folder / ("train_" + labels + ".json"), list_of(at::cat(train)));
  write_file_atomic(folder / ("test_" + labels + ".json"), list_of(example(kEach, 0).labels));
}

TEST(Cifar10, both_encodings_of_a_batch_are_read) {
  const LabelledImages batch = example(3, 1);
  const LabelledImages read = decode_cifar10_batch(binary_bytes(batch), "a.bin");
  EXPECT_TRUE(at::equal(read.images, batch.images));
  EXPECT_TRUE(at::equal(read.labels, batch.labels));
  EXPECT_TRUE(at::equal(decode_cifar10_png(png_bytes(batch), "a.png"), batch.images));
  EXPECT_TRUE(at::equal(decode_cifar10_labels(list_of(batch.labels), "a.json"), batch.labels));
}

TEST(Cifar10, a_broken_binary_batch_is_refused) {
  const std::string bytes = binary_bytes(example(3, 1));
  const auto message = [](const std::string& text) { return message_of([&] { decode_cifar10_batch(text, "a.bin"); }); };
  EXPECT_THAT(message(bytes.substr(1)), AllOf(StartsWith("a.bin: holds 9218 bytes"), HasSubstr("rows of 3073")));
  EXPECT_THAT(message(""), HasSubstr("holds 0 bytes"));
  std::string coarse = bytes;
  coarse[3073] = 10;
  EXPECT_THAT(message(coarse), AllOf(HasSubstr("the label 10"), HasSubstr("CIFAR-100")));
}

TEST(Cifar10, broken_pictures_and_lists_are_refused) {
  EXPECT_THAT(message_of([] {
                decode_cifar10_png(encode_png(random_pixels({1024, 3, 3}, 1)), "a.png");
              }),
              AllOf(StartsWith("a.png: is 3 pixels wide"), HasSubstr("has 1024")));
  const auto message = [](const std::string& text) {
    return message_of([&] { decode_cifar10_labels(text, "a.json"); });
  };
  for (const char* text : {"", "[1, 2", "{}", "[]", "3", "[1] 2"})
    EXPECT_THAT(message(text), AllOf(StartsWith("a.json: is no JSON list"), HasSubstr("another copy"))) << text;
  EXPECT_THAT(message(std::string(100000, '[')), HasSubstr("is no JSON list"));
  for (const char* text : {"[1, 10]", "[1, -1]", "[1, 2.5]", "[1, \"2\"]", "[1, [2]]", "[1, 1e300]", "[1, null]",
                           "[1, 18446744073709551617]"})
    EXPECT_THAT(message(text), HasSubstr("its entry 1 is none of the labels 0 to 9")) << text;
}

TEST(OpenCifar10, both_forms_hold_the_same_data) {
  const TemporaryFolder folder;
  write_binary_folder(folder.path() / "a/cifar-10-batches-bin");
  write_png_folder(folder.path() / "b/cifar10");
  write_png_folder(folder.path() / "own", "lables");
  const Splits binary = open_dataset("cifar10", {folder.path() / "a"});
  EXPECT_EQ(binary.train.name, "cifar10");
  EXPECT_EQ(binary.train.class_names[9], "truck");
  EXPECT_EQ(shape_of(binary.train.images), (Shape{18, 3, 32, 32}));
  EXPECT_EQ(binary.validation.size(), 2);  // a tenth
  EXPECT_TRUE(at::equal(binary.test.images, example(kEach, 0).images));
  EXPECT_TRUE(at::equal(binary.test.labels, example(kEach, 0).labels));
  const Splits png = open_dataset("cifar-10", {folder.path() / "b"});
  EXPECT_EQ(png.train.name, "cifar10");
  EXPECT_EQ(png.train.fingerprint, binary.train.fingerprint);
  EXPECT_EQ(png.test.fingerprint, binary.test.fingerprint);
  // Under a name of one's own they are own data, whose classes are those that the training has.
  EXPECT_THAT(message_of([&] { open_dataset((folder.path() / "own").string(), {}, 7); }),
              AllOf(HasSubstr("labels that are no class of the training: 1 (\"truck\" in the test data)"),
                    HasSubstr("classes of fewer than 2 examples, one for each part: 3 (\"bird\": 1, \"cat\": 1, ")));
}

TEST(OpenCifar10, every_missing_or_broken_file_is_named_at_once) {
  const TemporaryFolder folder;
  write_png_folder(folder.path());
  fs::remove(folder.path() / "data_batch_2.png");
  fs::remove(folder.path() / "test_labels.json");
  write_file_atomic(folder.path() / "test_batch.png", png_bytes(example(3, 0)).substr(0, 2000));
  write_file_atomic(folder.path() / "train_labels.json", "[11]");
  EXPECT_THAT(message_of([&] { open_dataset(folder.path().string(), {}); }),
              AllOf(StartsWith(folder.path().string() + ": 4 faults"), HasSubstr("data_batch_2.png is missing"),
                    HasSubstr("test_labels.json is missing"), HasSubstr("test_batch.png: is no sound PNG"),
                    HasSubstr("train_labels.json: its entry 0")));
}

TEST(OpenCifar10, counts_must_agree) {
  const TemporaryFolder folder;
  write_png_folder(folder.path());
  write_file_atomic(folder.path() / "data_batch_3.png", png_bytes(example(kEach - 1, 3)));
  write_file_atomic(folder.path() / "test_labels.json", "[1, 2]");
  EXPECT_THAT(message_of([&] { open_dataset(folder.path().string(), {}); }),
              AllOf(HasSubstr("data_batch_3.png holds 3 images, but data_batch_1.png 4"),
                    HasSubstr("19 training images but 20 training labels"), HasSubstr("4 test images but 2 test")));
  write_binary_folder(folder.path());
  write_file_atomic(folder.path() / "data_batch_1.bin", binary_bytes(example(kEach - 1, 1)));
  EXPECT_THAT(message_of([&] { open_dataset(folder.path().string(), {}); }),
              HasSubstr("data_batch_2.bin holds 4 images, but data_batch_1.bin 3"));
}

TEST(OpenCifar10, nothing_found_says_what_to_do) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of([&] { open_dataset("cifar10", {folder.path()}); }),
              AllOf(StartsWith("cifar10: "), HasSubstr("cifar-10-batches-bin"), HasSubstr("tools/fetch_data cifar10")));
  fs::create_directories(folder.path() / "cifar10");
  EXPECT_THAT(message_of([&] { open_dataset("cifar10", {folder.path()}); }),
              AllOf(HasSubstr("holds no data set: neither the four *-ubyte files"), HasSubstr("batch*.bin"),
                    HasSubstr("batch*.png"), HasSubstr("tools/fetch_data cifar10")));
  EXPECT_THAT(message_of([&] { open_dataset(folder.path().string(), {}); }),
              AllOf(HasSubstr("there are no pictures in"), HasSubstr("classes without pictures: 1")));
}

TEST(OpenCifar10, the_real_one) {
  const fs::path folder = fs::path(GTN_SOURCE_DIR) / "data/cifar10";
  if (!fs::exists(folder)) GTEST_SKIP() << "tools/fetch_data cifar10 has not been run";
  const Splits splits = open_dataset("cifar10", {folder.parent_path()});
  EXPECT_EQ(shape_of(splits.train.images), (Shape{45000, 3, 32, 32}));
  EXPECT_EQ(splits.validation.size(), 5000);
  EXPECT_TRUE(at::equal(splits.test.labels.bincount(), at::full({10}, 1000, at::kLong)));
  const Tensor mean = at::tensor({0.4914, 0.4822, 0.4465}), std = at::tensor({0.2470, 0.2435, 0.2616});  // as published
  EXPECT_TRUE(at::allclose(splits.normalization.mean, mean.to(at::kFloat), 0, 1e-3));
  EXPECT_TRUE(at::allclose(splits.normalization.std, std.to(at::kFloat), 0, 1e-3));
}

}  // namespace
}  // namespace gtn
