#include "gtn/data/idx.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "tests/data/files.h"

namespace gtn {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string verdict(const std::string& bytes) {
  return message_of([&] { decode_idx(bytes, "x-ubyte"); });
}

TEST(Idx, plain_and_gzip_give_the_same_tensor) {
  const Tensor pixels = random_pixels({3, 4, 5}, 7);
  const std::string bytes = idx_bytes(pixels);
  for (const std::string& form : {bytes, gzip(bytes), gzip(bytes.substr(0, 9)) + gzip("") + gzip(bytes.substr(9))}) {
    const Tensor read = decode_idx(form, "memory");
    EXPECT_EQ(read.scalar_type(), at::kByte);
    EXPECT_TRUE(at::equal(read, pixels));
  }
}

TEST(Idx, large_gzip_is_unpacked_in_pieces) {
  const Tensor pixels = random_pixels({3 << 20}, 8);
  EXPECT_TRUE(at::equal(decode_idx(gzip(idx_bytes(pixels)), "memory"), pixels));
  const std::string bytes = idx_bytes(pixels), nothing = gzip("");
  std::string joined = gzip(bytes.substr(0, 9));
  for (int i = 0; i < 100'000; ++i) joined += nothing;  // none of which may cost a piece
  EXPECT_TRUE(at::equal(decode_idx(joined + gzip(bytes.substr(9)), "memory"), pixels));
}

TEST(Idx, a_file_that_is_missing_a_folder_or_empty) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "train-images-idx3-ubyte";
  EXPECT_THAT(message_of([&] { read_idx(path); }), AllOf(StartsWith(path.string()), HasSubstr("check the path")));
  EXPECT_THAT(message_of([&] { read_idx(folder.path()); }), HasSubstr("is a folder"));
  write_file_atomic(path, "");
  EXPECT_THAT(message_of([&] { read_idx(path); }), HasSubstr("not an IDX file"));
  write_file_atomic(path, gzip(idx_bytes({2}, "ab")));
  EXPECT_TRUE(at::equal(read_idx(path), at::tensor({'a', 'b'}, at::kByte)));
}

TEST(Idx, wrong_magic_type_or_rank) {
  EXPECT_THAT(verdict("\x89PNG and so on"),
              AllOf(StartsWith("x-ubyte: is not an IDX file"), HasSubstr("give a *-ubyte")));
  EXPECT_THAT(verdict(idx_bytes({2}, "abcdefgh", 0x0d)),
              AllOf(HasSubstr("elements of type 13"), HasSubstr("convert it")));
  EXPECT_THAT(verdict(idx_bytes({}, "a")), HasSubstr("announces 0 dimensions"));
  EXPECT_THAT(verdict(idx_bytes(Shape(9, 1), "a")), HasSubstr("announces 9 dimensions"));
  EXPECT_THAT(verdict(idx_bytes({3, 0}, "")), HasSubstr("[3, 0], which hold nothing"));
}

TEST(Idx, cut_short_anywhere) {
  const std::string bytes = idx_bytes({2, 3}, "abcdef"), packed = gzip(bytes);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_NE(verdict(bytes.substr(0, size)), "");
  for (size_t size = 0; size < packed.size(); ++size) EXPECT_NE(verdict(packed.substr(0, size)), "");
  EXPECT_THAT(verdict(bytes.substr(0, 10)), HasSubstr("cut short within its header"));
  EXPECT_THAT(verdict(bytes.substr(0, 15)),
              AllOf(HasSubstr("announces [2, 3], 6 bytes, but 3 are there"), HasSubstr("another copy")));
  EXPECT_THAT(verdict(packed.substr(0, packed.size() - 1)), HasSubstr("gzip stream is cut short"));
}

TEST(Idx, oversized) {
  EXPECT_THAT(verdict(idx_bytes({2, 3}, "abcdefg")), HasSubstr("goes on after the 6 bytes"));
  EXPECT_THAT(verdict(gzip(idx_bytes({2, 3}, "abcdefg"))), HasSubstr("goes on after the 6 bytes"));
  EXPECT_THAT(verdict(gzip(idx_bytes({1}, "a")) + "tail"), HasSubstr("something that is not gzip follows"));
  EXPECT_THAT(verdict(idx_bytes({65536, 65537}, "a")), AllOf(HasSubstr("more than the 4 GiB"), HasSubstr("split it")));
  EXPECT_THAT(verdict(idx_bytes(Shape(8, 0xffffffff), "a")), HasSubstr("more than the 4 GiB"));
  EXPECT_THAT(verdict(idx_bytes({65536, 65536}, "a")), HasSubstr("cut short: its header announces [65536, 65536]"));
}

TEST(Idx, a_bomb_is_not_unpacked_further_than_announced) {
  const std::string bomb = gzip(idx_bytes({10}, std::string(16 << 20, '\0')));
  EXPECT_LT(bomb.size(), size_t{100'000});
  EXPECT_THAT(verdict(bomb), HasSubstr("goes on after the 10 bytes"));
}

TEST(Idx, damaged_gzip) {
  std::string packed = gzip(idx_bytes(random_pixels({1000}, 3)));
  packed[packed.size() - 6] ^= 1;  // the checksum
  EXPECT_THAT(verdict(packed), AllOf(HasSubstr("damaged (incorrect data check)"), HasSubstr("another copy")));
}

RC_GTEST_PROP(IdxProperty, damaged_bytes_parse_or_throw_an_error, (bool packed)) {
  const std::string plain = idx_bytes(random_pixels({3, 4, 5}, 7));
  const std::string valid = packed ? gzip(plain) : plain;
  std::string bytes = valid;
  const auto edits = *rc::gen::container<std::vector<std::pair<size_t, char>>>(
      rc::gen::pair(rc::gen::inRange<size_t>(0, valid.size()), rc::gen::arbitrary<char>()));
  for (const auto& [place, value] : edits) bytes[place] = value;
  bytes +=
      *rc::gen::weightedOneOf<std::string>({{3, rc::gen::just(std::string())}, {1, rc::gen::arbitrary<std::string>()}});
  try {
    RC_ASSERT(decode_idx(bytes, "mutant").numel() >= 1);
  } catch (const Error& error) {
    RC_ASSERT(std::string(error.what()).starts_with("mutant: "));
  }
}

}  // namespace
}  // namespace gtn
