// Decoded pictures that are kept: what is believed, and what has to go when there is too much of it.
#include "gtn/data/picture_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "gtn/core/archive.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPictures = 4;  // pictures of 10 x 10: files of somewhat more than 400 bytes

class PictureCache : public testing::Test {
 protected:
  fs::path cache() const { return folder_ / "cache"; }

  PictureKey key(const std::string& name) const {
    fs::create_directories(folder_ / name);
    return {folder_ / name, "0123", kPictures, 0};
  }
  bool is_kept(const std::string& name) const { return load_pictures(cache(), key(name)).has_value(); }

  // Keeps pictures of a folder of that name, and returns their file.
  fs::path keep(const std::string& name, uint64_t limit = kCacheBytes) const {
    std::set<fs::path> before = files();
    keep_pictures(cache(), key(name), {random_pixels({kPictures, 1, 10, 10}, 3), {}}, limit);
    for (const fs::path& file : files())
      if (!before.contains(file)) return file;
    return {};
  }
  std::set<fs::path> files() const {
    std::set<fs::path> result;
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(cache(), absent)) result.insert(entry.path());
    return result;
  }
  static void set_age(const fs::path& file, int hours) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }

  TemporaryFolder folder_;
};

TEST_F(PictureCache, removes_what_was_not_used_for_longest) {
  const fs::path first = keep("first"), second = keep("second"), third = keep("third");
  set_age(first, 1);
  set_age(second, 3);
  set_age(third, 2);
  const uint64_t size = fs::file_size(first);
  keep("fourth", 4 * size + size / 2);
  EXPECT_EQ(files().size(), 4u) << "there is room";
  keep("fifth", 3 * size + size / 2);
  EXPECT_TRUE(fs::exists(first));
  EXPECT_FALSE(fs::exists(second)) << "the oldest";
  EXPECT_FALSE(fs::exists(third)) << "the next";
  EXPECT_TRUE(is_kept("fourth") && is_kept("fifth"));
}

TEST_F(PictureCache, what_is_read_counts_as_used) {
  const fs::path first = keep("first"), second = keep("second");
  set_age(first, 3);
  set_age(second, 2);
  EXPECT_TRUE(is_kept("first"));
  keep("third", 2 * fs::file_size(first) + 100);
  EXPECT_TRUE(fs::exists(first));
  EXPECT_FALSE(fs::exists(second));
}

TEST_F(PictureCache, keeps_the_new_one_and_what_is_not_its_own) {
  const fs::path old = keep("old");
  write_file_atomic(cache() / "notes.txt", std::string(10'000, 'x'));
  write_file_atomic(cache() / (old.filename().string() + ".tmp12"), "of a process that was killed");
  const fs::path fresh = keep("new", 1);
  EXPECT_EQ(files(), (std::set<fs::path>{cache() / "notes.txt", fresh}));
  EXPECT_TRUE(is_kept("new"));
}

TEST_F(PictureCache, pictures_that_an_earlier_version_decoded_are_not_believed) {
  const fs::path file = keep("pets");
  ASSERT_TRUE(is_kept("pets"));
  Archive archive = read_archive(file);
  EXPECT_NE(archive.metadata.at("format"), "gtn-pictures 1") << "which left lying what a phone had turned";
  archive.metadata["format"] = "gtn-pictures 1";
  write_archive(file, archive);
  EXPECT_FALSE(is_kept("pets"));
}

}  // namespace
}  // namespace gtn
