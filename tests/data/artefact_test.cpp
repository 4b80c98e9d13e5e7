#include "gtn/data/artefact.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "tests/data/damage.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Artefact teacher_example() {
  const Key key(4);
  return {.images = key.split("x").normal({3, 2, 1, 4, 5}),
          .labels = key.split("y").normal({3, 2, 4}).softmax(2),
          .lr = at::full({3}, 0.02),
          .momentum = at::full({3}, 0.5),
          .optimizer = "adam",
          .normalization = {at::full({1}, 0.3), at::full({1}, 0.2)},
          .class_names = {"a", "b", "\xc3\xa9", "d\"e"},
          .dataset = "toy",
          .dataset_fingerprint = "0123456789abcdef",
          .learners = "convnet3",
          .config = "seed = 1\n",
          .program_version = "0.1.0",
          .teacher = {{"generator.weight", at::arange(3)}, {"z", at::ones({2})}}};
}

// What loading says about the example after this change to its archive.
template <typename Change>
std::string archive_verdict(const Change& change) {
  Archive archive = to_archive(teacher_example(), "example");
  change(archive);
  return message_of([&] { to_artefact(archive, "teacher.safetensors"); });
}

TEST(Artefact, round_trip_through_a_file) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "teacher.safetensors";
  save_artefact(path, teacher_example());
  const Artefact written = teacher_example(), read = load_artefact(path);
  EXPECT_TRUE(at::equal(read.images, written.images));
  EXPECT_TRUE(at::equal(read.labels, written.labels));
  EXPECT_TRUE(at::equal(read.lr, written.lr));
  EXPECT_TRUE(at::equal(read.momentum, written.momentum));
  EXPECT_TRUE(at::equal(read.normalization.mean, written.normalization.mean));
  EXPECT_TRUE(at::equal(read.normalization.std, written.normalization.std));
  EXPECT_EQ(read.optimizer, "adam");
  EXPECT_EQ(read.class_names, written.class_names);
  EXPECT_EQ(read.dataset, written.dataset);
  EXPECT_EQ(read.dataset_fingerprint, written.dataset_fingerprint);
  EXPECT_EQ(read.learners, written.learners);
  EXPECT_EQ(read.config, written.config);
  EXPECT_EQ(read.program_version, written.program_version);
  ASSERT_EQ(read.teacher.size(), 2u);
  EXPECT_TRUE(at::equal(read.teacher.at("generator.weight"), at::arange(3)));
  EXPECT_EQ(read_file(path), encode_archive(to_archive(read, "again")));
  EXPECT_THAT(read_archive(path).metadata.at("usage"), HasSubstr("(pixel - mean) / std"));
}

TEST(Artefact, batches_may_be_fewer_than_steps_and_serve_again) {
  Artefact artefact = teacher_example();
  artefact.lr = at::arange(1, 8).mul(0.01).to(at::kFloat);
  artefact.momentum = at::full({7}, 0.5);
  const Archive archive = to_archive(artefact, "again");
  EXPECT_EQ(archive.metadata.at("format_version"), "4");  // an older program would stop after the third step
  EXPECT_THAT(archive.metadata.at("usage"),
              AllOf(HasSubstr("n = t mod the number of batches"), HasSubstr("labels[n]")));
  const Artefact read = to_artefact(archive, "again");
  EXPECT_EQ(read.steps(), 7);
  EXPECT_EQ(read.batches(), 3);
  EXPECT_EQ(read.image_count(), 6);
  const StoredBatches taught = curriculum_of(read);
  EXPECT_EQ(taught.steps(), 7);
  for (int64_t t = 0; t < 7; ++t) EXPECT_TRUE(at::equal(taught.batch(t).x, artefact.images[t % 3])) << t;
  EXPECT_THROW(taught.batch(7), std::out_of_range);
  EXPECT_EQ(archive_verdict([](Archive& a) {
              a.tensors["lr"] = at::full({2}, 0.1f);
              a.tensors["momentum"] = at::full({2}, 0.5f);
            }),
            "teacher.safetensors: lr has 2 steps, fewer than the 3 batches of images");
}

Artefact whitened_example() {
  Artefact artefact = teacher_example();
  artefact.normalization.whitening = {Key(5).normal({20}), Key(6).normal({20, 20})};
  return artefact;
}

TEST(Artefact, whitening_travels_with_it) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "teacher.safetensors";
  save_artefact(path, whitened_example());
  const Artefact written = whitened_example(), read = load_artefact(path);
  ASSERT_TRUE(read.normalization.whitening.defined());
  EXPECT_TRUE(at::equal(read.normalization.whitening.matrix, written.normalization.whitening.matrix));
  EXPECT_TRUE(at::equal(read.normalization.whitening.mean, written.normalization.whitening.mean));
  EXPECT_FALSE(to_artefact(to_archive(teacher_example(), "plain"), "plain").normalization.whitening.defined());
  EXPECT_THAT(read_archive(path).metadata.at("usage"), HasSubstr("(values - whitening_mean) @ whitening"));
  // A program that knows no whitening reads what has none, and refuses what has one.
  EXPECT_EQ(to_archive(teacher_example(), "plain").metadata.at("format_version"), "1");
  EXPECT_EQ(read_archive(path).metadata.at("format_version"), "2");
}

TEST(Artefact, whitening_must_fit_the_images) {
  const auto broken = [](const std::function<void(Archive&)>& change) {
    Archive archive = to_archive(whitened_example(), "whitened");
    change(archive);
    return message_of([&] { to_artefact(archive, "teacher.safetensors"); });
  };
  EXPECT_THAT(broken([](Archive& a) { a.tensors["whitening"] = at::eye(19); }),
              HasSubstr("whitening is [19, 19], but must be [20, 20]"));
  EXPECT_THAT(broken([](Archive& a) { a.tensors["whitening_mean"][3] = std::nanf(""); }),
              HasSubstr("whitening_mean holds values that are not finite"));
  EXPECT_THAT(broken([](Archive& a) { a.tensors.erase("whitening"); }), HasSubstr("whitening is missing"));
  EXPECT_THAT(broken([](Archive& a) { a.tensors.erase("whitening_mean"); }), HasSubstr("whitening_mean is missing"));
  EXPECT_THAT(broken([](Archive& a) { a.tensors.erase("images"); }), HasSubstr("images is missing"));
}

TEST(Artefact, multipliers_of_the_step_sizes_travel_with_it) {
  Artefact artefact = teacher_example();
  artefact.traits = {"gap", "no \"norm\""};
  artefact.log_multipliers = at::tensor({0.5f, -1.0f});
  for (const Encoding encoding : {Encoding::exact, Encoding::compact}) {
    artefact.encoding = encoding;
    const Archive archive = to_archive(artefact, "example");
    EXPECT_EQ(archive.metadata.at("format_version"), "5");
    EXPECT_THAT(archive.metadata.at("usage"), HasSubstr("lr * exp(mean(traits * log_multipliers))"));
    const Artefact read = to_artefact(archive, "example");
    EXPECT_EQ(read.traits, artefact.traits);
    EXPECT_TRUE(at::equal(read.log_multipliers, artefact.log_multipliers));
    EXPECT_EQ(read.encoding, encoding);
  }
  EXPECT_TRUE(to_artefact(to_archive(teacher_example(), "plain"), "plain").traits.empty());
  artefact.log_multipliers = at::ones({3});
  EXPECT_THAT(message_of([&] { to_archive(artefact, "example"); }),
              HasSubstr("log_multipliers is [3], but must be [2]"));
  EXPECT_THAT(archive_verdict([](Archive& a) { a.metadata["traits"] = "[\"gap\"]"; }),
              HasSubstr("log_multipliers is missing"));
  EXPECT_THAT(archive_verdict([](Archive& a) { a.tensors["log_multipliers"] = at::ones({2}); }),
              HasSubstr("traits is not a list of names"));
}

TEST(Artefact, says_what_its_optimizer_does_and_refuses_one_it_cannot_explain) {
  const auto usage = [](const char* optimizer) {
    Artefact artefact = teacher_example();
    artefact.optimizer = optimizer;
    return to_archive(artefact, "example").metadata.at("usage");
  };
  EXPECT_THAT(usage("sgd"), HasSubstr("[B, K]; v = momentum[t] * v + g; w = w - lr[t] * v, from v = 0. Images are"));
  EXPECT_THAT(usage("rmsprop"), AllOf(HasSubstr("g / (sqrt(s) + 1e-8)"), HasSubstr("0.99 * s")));
  EXPECT_THAT(usage("adam"), AllOf(HasSubstr("(v / c) / (sqrt(s / d) + 1e-8)"), HasSubstr("0.999 * s")));
  EXPECT_EQ(archive_verdict([](Archive& a) { a.metadata["optimizer"] = "lion"; }),
            "teacher.safetensors: optimizer is \"lion\", but this program knows sgd, rmsprop, adam");
  EXPECT_THAT(message_of([&] { usage("Adam"); }), HasSubstr("optimizer is \"Adam\""));
  Archive old = to_archive(teacher_example(), "example");  // of before there was a choice
  old.metadata.erase("optimizer");
  EXPECT_EQ(to_artefact(old, "old").optimizer, "sgd");
}

TEST(Artefact, says_what_its_batches_go_through) {
  Artefact artefact = teacher_example();
  artefact.augmentation = "left and right swapped";
  const Archive archive = to_archive(artefact, "example");
  EXPECT_THAT(archive.metadata.at("usage"),
              HasSubstr("of each batch at random before the step: left and right swapped"));
  EXPECT_EQ(to_artefact(archive, "example").augmentation, "left and right swapped");
  EXPECT_FALSE(to_archive(teacher_example(), "plain").metadata.contains("augmentation"));
}

TEST(Artefact, a_file_of_another_writer_is_read) {
  const std::filesystem::path corpus = std::filesystem::path(GTN_SOURCE_DIR) / "tests/fuzz/corpus/archive";
  EXPECT_TRUE(at::equal(load_artefact(corpus / "teacher.safetensors").images.view(-1), at::arange(4).to(at::kFloat)));
  EXPECT_EQ(read_archive(corpus / "dtypes.safetensors").tensors.size(), 10u);
}

TEST(Artefact, a_file_cut_short_anywhere_is_refused) {
  const std::string bytes = encode_archive(to_archive(teacher_example(), "example"));
  for (size_t size = 0; size < bytes.size(); size += 7)
    EXPECT_THAT(message_of([&] { to_artefact(decode_archive(bytes.substr(0, size), "cut"), "cut"); }),
                AllOf(StartsWith("cut: "), HasSubstr("get another copy")));
}

TEST(Artefact, another_version_or_format_is_named) {
  EXPECT_THAT(
      archive_verdict([](Archive& a) { a.metadata["format_version"] = "6"; }),
      AllOf(StartsWith("teacher.safetensors: "), HasSubstr("format version \"6\""), HasSubstr("reads versions up to 5"),
            HasSubstr("use the version of gtn that wrote it (\"0.1.0\")")));
  EXPECT_THAT(archive_verdict([](Archive& a) { a.metadata["format"] = "pt"; }),
              AllOf(HasSubstr("not a teacher"), HasSubstr("`gtn train`")));
  EXPECT_THAT(archive_verdict([](Archive& a) { a.metadata.clear(); }), HasSubstr("not a teacher"));
}

TEST(Artefact, everything_that_is_missing_is_named_at_once) {
  const std::string message = archive_verdict([](Archive& a) {
    a.tensors.clear();
    for (const char* name : {"class_names", "config", "learners"}) a.metadata.erase(name);
  });
  EXPECT_THAT(message, StartsWith("teacher.safetensors: 10 faults"));
  for (const char* name : {"images", "labels", "lr", "momentum", "mean", "std"})
    EXPECT_THAT(message, HasSubstr(std::string("- ") + name + " is missing"));
  for (const char* name : {"class_names", "config", "learners"})
    EXPECT_THAT(message, HasSubstr(std::string("the text ") + name + " is missing"));
}

TEST(Artefact, shapes_must_agree) {
  const std::string message = archive_verdict([](Archive& a) {
    a.tensors["labels"] = at::full({3, 2, 5}, 0.2);
    a.tensors["lr"] = at::ones({4});
    a.tensors["mean"] = at::ones({1}, at::kDouble);
    a.tensors["std"] = at::ones({3});
  });
  EXPECT_THAT(message, AllOf(HasSubstr("4 faults"), HasSubstr("labels is [3, 2, 5], but must be [3, 2, 4]"),
                             HasSubstr("momentum is [3], but must be [4]"), HasSubstr("mean is not float32"),
                             HasSubstr("std is [3], but must be [1]")));
  EXPECT_THAT(archive_verdict([](Archive& a) {
                a.tensors["images"] = at::ones({6, 1, 4, 5});
              }),
              HasSubstr("images is [6, 1, 4, 5], but must be [*, *, *, *, *]"));
  EXPECT_THAT(archive_verdict([](Archive& a) {
                a.tensors["images"] = at::ones({0, 2, 1, 4, 5});
              }),
              HasSubstr("images is [0, 2"));
  EXPECT_THAT(archive_verdict([](Archive& a) { a.metadata["class_names"] = "[1, 2, 3, 4]"; }),
              HasSubstr("class_names is not a list"));
}

TEST(Artefact, values_must_make_sense) {
  const std::string message = archive_verdict([](Archive& a) {
    a.tensors["images"][1][0][0][2][3] = std::numeric_limits<float>::quiet_NaN();
    a.tensors["labels"][0][0][0] += 0.01;
    a.tensors["lr"][2] = 0;
    a.tensors["momentum"][0] = -0.1;
    a.tensors["mean"][0] = std::numeric_limits<float>::infinity();
    a.tensors["std"][0] = 0;
  });
  EXPECT_THAT(message, AllOf(HasSubstr("6 faults"), HasSubstr("images holds values that are not finite"),
                             HasSubstr("labels has rows that do not sum to one"),
                             HasSubstr("lr holds step sizes that are not positive"),
                             HasSubstr("momentum holds negative"), HasSubstr("mean holds values that are not finite"),
                             HasSubstr("std holds values that are not positive")));
}

TEST(Artefact, what_could_not_be_loaded_is_not_saved) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "teacher.safetensors";
  Artefact broken = teacher_example();
  broken.lr[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(message_of([&] { save_artefact(path, broken); }),
              AllOf(StartsWith(path.string()), HasSubstr("lr holds")));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Artefact, its_curriculum_hands_out_the_batches) {
  const Artefact artefact = teacher_example();
  const StoredBatches source = curriculum_of(artefact);
  EXPECT_EQ(source.steps(), 3);
  for (int64_t t = 0; t < 3; ++t) {
    EXPECT_TRUE(at::equal(source.batch(t).x, artefact.images[t]));
    EXPECT_TRUE(source.batch(t).x.is_contiguous(kChannelsLast));
    EXPECT_TRUE(at::equal(source.batch(t).y, artefact.labels[t]));
  }
  EXPECT_THROW(source.batch(3), std::out_of_range);
  EXPECT_THROW(source.batch(-1), std::out_of_range);
}

TEST(Artefact, its_images_are_shown_as_pixels) {
  Artefact artefact = teacher_example();
  artefact.images.fill_(1);
  artefact.images[2].fill_(9);
  const Tensor pixels = pixels_of(artefact);
  EXPECT_EQ(pixels.sizes(), artefact.images.sizes());
  EXPECT_TRUE(at::allclose(pixels.narrow(0, 0, 2), at::full({1}, 0.3 + 0.2)));
  EXPECT_TRUE(at::equal(pixels[2], at::ones_like(pixels[2]))) << "white at most";
}

RC_GTEST_PROP(ArtefactProperty, damaged_bytes_parse_or_throw_an_error, ()) {
  static const std::string valid = encode_archive(to_archive(teacher_example(), "example"));
  assert_damage_is_noticed_or_harmless(valid);
}

}  // namespace
}  // namespace gtn
