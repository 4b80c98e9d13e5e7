// Folders of pictures: layouts, splits, faults, the cache.
#include <gmock/gmock.h>

#include <set>

#include "gtn/data/dataset.h"
#include "gtn/data/duplicates.h"
#include "gtn/report/png.h"
#include "tests/core/threads.h"
#include "tests/data/files.h"
#include "tests/data/pictures.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class OwnFolder : public testing::Test {
 protected:
  fs::path root() const { return folder_.path() / "pets"; }

  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((root() / name).parent_path());
    write_file_atomic(root() / name, bytes);
  }

  // `count` different grey pictures of a class.
  void write_class(const std::string& name, int count, int64_t height = 6, int64_t width = 6) const {
    for (int i = 0; i < count; ++i)
      write(name + "/" + std::to_string(i) + ".png",
            encode_png(random_pixels({height, width}, std::hash<std::string>()(name) + static_cast<uint64_t>(i))));
  }

  OpenedDataset open(const DataConfig& config = {}) const {
    return open_with_sources(root().string(), {}, std::nullopt, {.data = config, .cache = folder_.path() / "cache"});
  }
  std::string fault() const {
    return message_of([&] { open(); });
  }

  TemporaryFolder folder_;
};

TEST_F(OwnFolder, is_split_by_seed_class_by_class) {
  write_class("cat", 36);
  write_class("big dog \xc3\xa9", 18);
  write_class("ant", 3);
  const OpenedDataset opened = open();
  const Splits& splits = opened.splits;
  EXPECT_THAT(splits.train.class_names, ElementsAre("ant", "big dog \xc3\xa9", "cat"));
  EXPECT_EQ(shape_of(splits.train.images), (Shape{38, 1, 6, 6}));
  const auto counts = [](const Dataset& part) {
    const Tensor counted = at::bincount(part.labels, {}, 3);
    return std::vector<int64_t>(counted.data_ptr<int64_t>(), counted.data_ptr<int64_t>() + 3);
  };
  EXPECT_THAT(counts(splits.test), ElementsAre(1, 3, 6));
  EXPECT_THAT(counts(splits.validation), ElementsAre(1, 3, 5));
  EXPECT_THAT(counts(splits.train), ElementsAre(1, 12, 25));
  std::set<std::string> sources;
  for (const auto* part : {&opened.train, &opened.validation, &opened.test}) sources.insert(part->begin(), part->end());
  EXPECT_EQ(sources.size(), 57u) << "every picture is in one part";
  for (int64_t i = 0; i < splits.test.size(); ++i) {
    const std::string& source = opened.test[static_cast<size_t>(i)];
    const std::string name = splits.test.class_names[static_cast<size_t>(splits.test.labels[i].item<int64_t>())];
    EXPECT_TRUE(source.starts_with(name + "/")) << source;
  }
  EXPECT_EQ(open().splits.train.fingerprint, splits.train.fingerprint);
  EXPECT_NE(open({.split_seed = 2}).splits.train.fingerprint, splits.train.fingerprint);
  EXPECT_TRUE(opened.remarks.empty());
}

TEST_F(OwnFolder, is_read_alike_by_any_number_of_threads) {
  write_class("cat", 40);
  write_class("dog", 23);
  std::set<std::string> fingerprints;
  for (const int count : {1, 2}) {
    const Threads threads(count);
    fingerprints.insert(open_dataset(root().string(), {}).train.fingerprint);
  }
  EXPECT_EQ(fingerprints.size(), 1u);
}

TEST_F(OwnFolder, given_parts_are_kept) {
  for (const char* name : {"train/a", "train/b", "val/a", "val/b", "test/b"}) write_class(name, 4);
  const OpenedDataset opened = open();
  EXPECT_EQ(opened.splits.train.size(), 8);
  EXPECT_EQ(opened.splits.validation.size(), 8);
  EXPECT_EQ(opened.splits.test.size(), 4);
  for (const std::string& source : opened.validation) EXPECT_TRUE(source.starts_with("val/")) << source;
  fs::remove_all(root() / "val");
  EXPECT_EQ(open().splits.train.size(), 6) << "one of each class is held back";
}

TEST_F(OwnFolder, pictures_of_many_sizes_are_brought_to_one) {
  write_class("a", 3, 40, 50);
  write_class("b", 3, 90, 70);
  const OpenedDataset opened = open();
  EXPECT_EQ(shape_of(opened.splits.train.images), (Shape{2, 1, 32, 32}));
  ASSERT_EQ(opened.remarks.size(), 1u);
  EXPECT_THAT(opened.remarks[0], AllOf(HasSubstr("2 sizes"), HasSubstr("brought to 32")));
  EXPECT_EQ(open({.size = 12}).splits.train.images.size(3), 12);
  EXPECT_THAT(message_of([&] { open({.label = "kind"}); }), HasSubstr("names a column of a table"));
  write("a/0.png", encode_png(random_pixels({40, 50, 3}, 1)));
  EXPECT_EQ(open().splits.train.images.size(1), 3) << "one in colour makes all colour";
  fs::remove_all(root() / "b");
  write_class("c", 3, 40, 50);
  EXPECT_EQ(open().splits.train.images.sizes().slice(1), (Shape{3, 40, 50})) << "all agree";
}

TEST_F(OwnFolder, all_faults_of_pictures_are_listed_at_once) {
  write_class("cat", 3);
  write_class("dog", 3);
  for (const char* name : {"cat/e1.png", "cat/e2.png", "dog/e3.png", "dog/e4.png"}) write(name, "");
  write("dog/notes.txt", "dogs");
  write("dog/misnamed.png", "GIF89a...");
  write("dog/line\nbreak.jpg", jpeg_file(6, 6, "\x01\x02\x03\x04", {.pixels = TJPF_CMYK}));
  write("dog/cut.png", grey_png(6, 6, '\x11').substr(0, 40));
  write(".DS_Store", "left out");
  EXPECT_THAT(
      fault(),
      AllOf(HasSubstr("4 faults"), HasSubstr("empty files: 4 (\"cat/e1.png\", \"cat/e2.png\", \"dog/e3.png\", ...)"),
            HasSubstr("neither PNG nor JPEG: 2 (\"dog/misnamed.png\" [GIF], \"dog/notes.txt\")"),
            HasSubstr("JPEG files in CMYK: 1 (\"dog/line\\nbreak.jpg\")"),
            HasSubstr("damaged or truncated pictures: 1 (\"dog/cut.png\" [libpng: "), Not(HasSubstr("DS_Store"))));
}

TEST_F(OwnFolder, all_faults_of_the_folders_are_listed_at_once) {
  write_class("train/cat", 3);
  write_class("train/dog", 1);
  write_class("train/li\nne", 3);
  write_class("test/cow", 3);
  fs::create_directories(root() / "train/empty");
  write("train/stray.png", grey_png(6, 6, '\x11'));
  write("README.md", "pets");
  fs::create_symlink("/etc/hostname", root() / "train/cat/outside.png");
  fs::create_symlink(root() / "train/cat", root() / "train/cat/again");
  fs::create_symlink("nowhere", root() / "train/cat/lost.png");
  EXPECT_THAT(fault(), AllOf(HasSubstr("entries beside train/, validation/ (or val/) and test/: 1 (\"README.md\")"),
                             HasSubstr("files beside the class folders: 1 (\"train/stray.png\")"),
                             HasSubstr("classes without pictures: 1 (\"empty\")"),
                             HasSubstr("classes that train/ lacks: 1 (\"test/cow\")"),
                             HasSubstr("control characters: 1 (\"li\\nne\")"),
                             HasSubstr("classes of fewer than 2 pictures, one for each part: 1 (\"dog\": 1)"),
                             HasSubstr("links that leave the folder: 1 (\"train/cat/outside.png\")"),
                             HasSubstr("links to folders: 1 (\"train/cat/again\")"),
                             HasSubstr("links to nothing: 1 (\"train/cat/lost.png\")")));
}

TEST_F(OwnFolder, one_class_or_a_class_of_one_picture_is_not_enough) {
  write_class("cat", 9);
  EXPECT_THAT(fault(), HasSubstr("there are 1 class folders, but 2 to 1000 are possible"));
  write_class("dog", 1);
  EXPECT_THAT(fault(), HasSubstr("classes of fewer than 3 pictures, one for each part: 1 (\"dog\": 1)"));
}

TEST_F(OwnFolder, links_are_not_followed_to_other_folders) {
  write_class("cat", 3);
  write_class("dog", 3);
  fs::create_directory_symlink("/etc", root() / "outside");
  fs::create_directory_symlink("cat", root() / "again");
  fs::create_symlink("circle", root() / "circle");
  EXPECT_THAT(fault(),
              AllOf(HasSubstr("3 faults"), HasSubstr("links that leave the folder: 1 (\"outside\")"),
                    HasSubstr("links to folders: 1 (\"again\")"), HasSubstr("links to nothing: 1 (\"circle\")")));
  for (const char* name : {"outside", "again", "circle", "cat", "dog"}) fs::remove_all(root() / name);
  fs::create_directories(folder_.path() / "hidden/cat");
  fs::create_directory_symlink(folder_.path() / "hidden", root() / "train");
  EXPECT_THAT(fault(),
              AllOf(HasSubstr("entries beside train/"), HasSubstr("1 (\"train\")"), HasSubstr("0 class folders")));
}

TEST_F(OwnFolder, the_name_of_a_file_says_nothing_of_its_content) {
  const std::string odd = "cat/\xff line\nbreak \xc3\xa9.gif";
  write_class("cat", 3);
  write_class("dog", 3);
  write("cat/picture.jpg", grey_png(6, 6, '\x11'));
  write("cat/picture.txt", jpeg_file(6, 6, "\x77", {.pixels = TJPF_GRAY}));
  write(odd, grey_png(6, 6, '\x22'));
  const OpenedDataset opened = open();
  std::set<std::string> sources;
  for (const auto* part : {&opened.train, &opened.validation, &opened.test}) sources.insert(part->begin(), part->end());
  EXPECT_EQ(sources.size(), 9u);
  EXPECT_TRUE(sources.contains(odd));
  write(odd, "");
  EXPECT_THAT(fault(), HasSubstr("empty files: 1 (\"cat/\\ufffd line\\nbreak \\u00e9.gif\")"));
}

TEST_F(OwnFolder, a_link_within_the_folder_is_a_picture) {
  write_class("cat", 3);
  write_class("dog", 3);
  fs::create_symlink(root() / "cat/0.png", root() / "cat/same.png");
  const OpenedDataset opened = open();
  EXPECT_EQ(opened.splits.train.size() + opened.splits.validation.size() + opened.splits.test.size(), 7);
  const Duplicates found = find_duplicates(opened.splits, 5);
  const auto sum = [](const auto& splits) { return splits[0] + splits[1] + splits[2]; };
  EXPECT_EQ(sum(found.between) + sum(found.within), 1);
  EXPECT_EQ(sum(found.contradictory), 0);
  ASSERT_EQ(found.examples.size(), 1u);
}

TEST_F(OwnFolder, decoded_pictures_are_kept_until_a_file_changes) {
  write_class("cat", 4);
  write_class("dog", 4);
  const std::string fresh = open().splits.train.fingerprint;
  fs::path kept;
  for (const auto& entry : fs::directory_iterator(folder_.path() / "cache")) kept = entry.path();
  ASSERT_FALSE(kept.empty());

  // Another content of the same size and time is not seen: the files themselves were not opened.
  const auto time = fs::last_write_time(root() / "cat/0.png");
  const std::string before = read_file(root() / "cat/0.png");
  write("cat/0.png", std::string(before.size(), '\x55'));
  fs::last_write_time(root() / "cat/0.png", time);
  EXPECT_EQ(open().splits.train.fingerprint, fresh);

  fs::last_write_time(root() / "cat/0.png", time + std::chrono::seconds(1));
  EXPECT_THAT(fault(), HasSubstr("neither PNG nor JPEG: 1"));
  write("cat/0.png", before);
  EXPECT_EQ(open().splits.train.fingerprint, fresh);

  std::string damaged = read_file(kept);
  damaged[damaged.size() - 1] = static_cast<char>(damaged.back() ^ 1);
  write_file_atomic(kept, damaged);
  EXPECT_EQ(open().splits.train.fingerprint, fresh) << "a damaged one is not believed";
  EXPECT_NE(read_file(kept), damaged) << "but written again";

  write_class("cow", 3);
  EXPECT_EQ(open().splits.train.classes(), 3);
}

}  // namespace
}  // namespace gtn
