#include "gtn/data/compact.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <limits>

#include "gtn/data/artefact.h"
#include "tests/data/damage.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Images of very different ranges, one of them plain.
Artefact compact_example() {
  const Key key(4);
  Tensor images = key.split("x").normal({3, 2, 2, 4, 5});
  images[1].mul_(50).sub_(7);
  images[2][1][0].fill_(0.3f);
  return {.images = images,
          .labels = key.split("y").normal({3, 2, 4}).softmax(2),
          .lr = at::full({3}, 0.0213),
          .momentum = at::full({3}, 0.51),
          .normalization = {at::full({2}, 0.3), at::full({2}, 0.2)},
          .class_names = {"a", "b", "c", "d"},
          .dataset = "toy",
          .dataset_fingerprint = "0123456789abcdef",
          .learners = "convnet3",
          .config = "seed = 1\n",
          .program_version = "0.1.0",
          .encoding = Encoding::compact,
          .teacher = {{"generator.weight", at::arange(3)}}};
}

Artefact whitened(int64_t side) {
  Artefact artefact = compact_example();
  artefact.images = Key(7).normal({3, 2, 2, side, side});
  const int64_t values = 2 * side * side;
  artefact.normalization.whitening = {Key(5).normal({values}), Key(6).normal({values, values})};
  return artefact;
}

// What loading says about the compact_example after this change to its archive.
std::string loading_says(const std::function<void(Archive&)>& change) {
  Archive archive = to_archive(compact_example(), "compact_example");
  change(archive);
  return message_of([&] { to_artefact(archive, "small.safetensors"); });
}

TEST(Compact, images_come_back_within_half_a_step_of_their_own_range) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "small.safetensors";
  save_artefact(path, compact_example());
  const Artefact written = compact_example(), read = load_artefact(path);
  ASSERT_EQ(read.images.sizes(), written.images.sizes());
  const Tensor range = written.images.amax({3, 4}, true) - written.images.amin({3, 4}, true);
  EXPECT_TRUE((read.images - written.images).abs().le(range / 255 * 0.5001 + 1e-6).all().item<bool>());
  EXPECT_TRUE(at::equal(read.images[2][1][0], written.images[2][1][0]));
  EXPECT_TRUE(at::allclose(read.labels, written.labels, 1e-3, 1e-7));
  for (const auto part : {&Artefact::lr, &Artefact::momentum}) EXPECT_TRUE(at::equal(read.*part, written.*part));
  EXPECT_TRUE(at::equal(read.normalization.std, written.normalization.std));
  EXPECT_EQ(read.class_names, written.class_names);
  EXPECT_EQ(read.config, written.config);
  EXPECT_EQ(read.encoding, Encoding::compact);
  EXPECT_TRUE(read.teacher.empty());
}

TEST(Compact, what_was_rounded_once_is_written_again_as_it_is) {
  const Artefact once = to_artefact(to_archive(compact_example(), "once"), "once");
  const Artefact twice = to_artefact(to_archive(once, "twice"), "twice");
  EXPECT_TRUE(at::allclose(twice.images, once.images, 1e-6, 1e-5));
  EXPECT_TRUE(at::equal(twice.labels, once.labels));
}

TEST(Compact, the_file_says_what_it_is_and_older_programs_refuse_it) {
  const Archive archive = to_archive(compact_example(), "compact_example");
  EXPECT_EQ(archive.tensors.at("images").scalar_type(), at::kByte);
  EXPECT_EQ(archive.tensors.at("labels").scalar_type(), at::kHalf);
  EXPECT_EQ(archive.metadata.at("format_version"), "3");
  EXPECT_EQ(archive.metadata.at("encoding"), "compact");
  EXPECT_THAT(
      archive.metadata.at("usage"),
      AllOf(StartsWith("Stored small"), HasSubstr("images.scale[..., None, None]"), HasSubstr("(pixel - mean) / std")));
  Artefact exact = compact_example();
  exact.encoding = Encoding::exact;
  const Archive plain = to_archive(exact, "plain");
  EXPECT_EQ(plain.metadata.at("format_version"), "1") << "only compact files ask for a newer program";
  EXPECT_FALSE(plain.metadata.contains("encoding"));
}

TEST(Compact, labels_that_rounding_would_spoil_stay_float32) {
  Artefact artefact = compact_example();
  artefact.labels = at::tensor({3000.3f, -2999.3f, 0.0f, 0.0f}).expand({3, 2, 4}).contiguous();
  const Archive archive = to_archive(artefact, "compact_example");
  EXPECT_EQ(archive.tensors.at("labels").scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(to_artefact(archive, "again").labels, artefact.labels));
}

TEST(Compact, a_small_whitening_goes_with_it_and_a_large_one_cannot) {
  const Artefact written = whitened(4), read = to_artefact(to_archive(written, "small"), "small");
  const Whitening &before = written.normalization.whitening, &after = read.normalization.whitening;
  ASSERT_TRUE(after.defined());
  EXPECT_TRUE(at::allclose(after.matrix, before.matrix, 1e-3, 1e-6));
  EXPECT_TRUE(at::allclose(after.mean, before.mean, 1e-3, 1e-6));
  EXPECT_THAT(message_of([] { to_archive(whitened(36), "out.safetensors"); }),
              AllOf(StartsWith("out.safetensors: would have 13.5 MB, of them 13.4 MB for the whitening"),
                    HasSubstr("5.0 MB"), HasSubstr("--format npz"), HasSubstr("preprocessing")));
}

TEST(Compact, numbers_that_half_precision_cannot_hold_are_not_written) {
  Artefact artefact = whitened(4);
  artefact.normalization.whitening.matrix[0][1] = 1e6f;
  EXPECT_THAT(message_of([&] { to_archive(artefact, "out"); }),
              HasSubstr("whitening holds values that are not finite"));
}

TEST(Compact, every_fault_is_listed_once) {
  const std::string message = loading_says([](Archive& a) {
    a.tensors["images.scale"] = at::ones({3, 2});
    a.tensors["images.offset"][0][0][0] = std::numeric_limits<float>::quiet_NaN();
    a.tensors["labels"] = at::ones({3, 2, 5}, at::kHalf);
    a.tensors.erase("lr");
  });
  EXPECT_THAT(message, AllOf(HasSubstr("4 faults"), HasSubstr("images.scale is [3, 2], but must be [3, 2, 2]"),
                             HasSubstr("images.offset holds values that are not finite"),
                             HasSubstr("labels is [3, 2, 5], but must be [3, 2, 4]"), HasSubstr("lr is missing")));
  EXPECT_EQ(loading_says([](Archive& a) { a.tensors["images"] = a.tensors["images"].to(at::kFloat); }),
            "small.safetensors: images is not uint8, as in a compact file");
  EXPECT_EQ(loading_says([](Archive& a) { a.tensors["images.scale"].neg_(); }),
            "small.safetensors: images.scale holds negative values");
  EXPECT_EQ(loading_says([](Archive& a) { a.tensors["images.scale"].fill_(3e38f); }),
            "small.safetensors: images holds values that are not finite");
  EXPECT_EQ(loading_says([](Archive& a) { a.metadata["encoding"] = "tiny"; }),
            "small.safetensors: encoding is \"tiny\", but this program knows compact");
  EXPECT_THAT(loading_says([](Archive& a) {
                a.tensors["images"] = at::ones({6, 2, 20}, at::kByte);
              }),
              AllOf(HasSubstr("images is [6, 2, 20], but must be [*, *, *, *, *]"), Not(HasSubstr("images.scale"))));
  EXPECT_THAT(loading_says([](Archive& a) {
                a.tensors["images"] = at::ones({0, 2, 2, 4, 5}, at::kByte);
              }),
              HasSubstr("images is [0, 2"));
  const std::string bare = loading_says([](Archive& a) { a.tensors.clear(); });
  EXPECT_THAT(bare, HasSubstr("8 faults"));
  for (const char* name : {"images", "images.scale", "images.offset", "labels", "lr", "momentum", "mean", "std"})
    EXPECT_THAT(bare, HasSubstr(std::string("- ") + name + " is missing"));
}

TEST(Compact, a_file_cut_short_anywhere_is_refused) {
  const std::string bytes = encode_archive(to_archive(compact_example(), "compact_example"));
  for (size_t size = 0; size < bytes.size(); size += 11)
    EXPECT_THAT(message_of([&] { to_artefact(decode_archive(bytes.substr(0, size), "cut"), "cut"); }),
                AllOf(StartsWith("cut: "), HasSubstr("get another copy")));
}

RC_GTEST_PROP(CompactProperty, damaged_bytes_parse_or_throw_an_error, ()) {
  static const std::string valid = encode_archive(to_archive(compact_example(), "compact_example"));
  assert_damage_is_noticed_or_harmless(valid);
}

}  // namespace
}  // namespace gtn
