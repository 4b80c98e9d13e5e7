#include "gtn/core/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/random.h"

namespace gtn {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Archive example() {
  Archive archive;
  const Key key(1);
  for (const auto type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort, at::kChar,
                          at::kByte, at::kBool})
    archive.tensors[at::toString(type)] = key.split(at::toString(type)).integers(6, 2).view({2, 3}).to(type);
  archive.tensors["a scalar"] = at::scalar_tensor(2.5, at::kFloat);
  archive.tensors["nothing"] = at::empty({0, 3}, at::kFloat);
  archive.metadata = {{"format", "pt"}, {"text", "two\nlines and \"quotes\""}};
  return archive;
}

std::string file_of(const std::string& header, const std::string& data = "") {
  const uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header + data;
}

// What decoding says; "" where it succeeds.
std::string verdict(const std::string& bytes) {
  try {
    decode_archive(bytes, "stranger.safetensors");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    return error.what();
  }
  return "";
}

// A file of one tensor "x" with this entry and `size` bytes of data.
std::string one(const std::string& entry, size_t size) {
  return verdict(file_of(R"({"x":)" + entry + "}", std::string(size, '\0')));
}

TEST(Archive, round_trip_keeps_every_dtype_shape_and_text) {
  const Archive archive = example();
  const Archive again = decode_archive(encode_archive(archive), "memory");
  EXPECT_EQ(again.metadata, archive.metadata);
  ASSERT_EQ(again.tensors.size(), archive.tensors.size());
  for (const auto& [name, tensor] : archive.tensors) {
    const Tensor& other = again.tensors.at(name);
    EXPECT_EQ(other.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(other, tensor)) << name;
    EXPECT_TRUE(other.is_contiguous()) << name;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(other.data_ptr()) % 16, 0u) << name;
  }
}

TEST(Archive, the_bytes_are_the_published_format) {
  Archive archive;
  archive.tensors["b"] = at::ones({2}, at::kFloat);
  archive.tensors["a"] = at::ones({1}, at::kByte);
  archive.metadata["k"] = "v";
  const std::string bytes = encode_archive(archive);
  // Larger elements first, so that "b" stays aligned.
  const std::string header = R"({"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("a":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}})";
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  EXPECT_EQ(length % 8, 0u);
  ASSERT_EQ(bytes.size(), 8 + length + 9);
  EXPECT_EQ(bytes.substr(8, header.size()), header);
  EXPECT_EQ(bytes.substr(8 + header.size(), length - header.size()), std::string(length - header.size(), ' '));
  EXPECT_EQ(bytes.substr(8 + length), std::string("\0\0\x80\x3f\0\0\x80\x3f\1", 9));
}

TEST(Archive, memory_order_does_not_show_in_the_bytes) {
  const Tensor image = Key(2).normal({2, 3, 4, 5});
  Archive plain, twisted;
  plain.tensors["x"] = image;
  twisted.tensors["x"] = image.contiguous(kChannelsLast).requires_grad_();
  EXPECT_EQ(encode_archive(plain), encode_archive(twisted));
  EXPECT_EQ(encode_archive(example()), encode_archive(example()));
}

TEST(Archive, empty_archive_and_a_file) {
  EXPECT_TRUE(decode_archive(encode_archive({}), "memory").tensors.empty());
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("gtn_archive_" + std::to_string(::getpid()));
  write_archive(path, example());
  EXPECT_EQ(encode_archive(read_archive(path)), encode_archive(example()));
  write_file_atomic(path, "short");
  try {
    read_archive(path);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(StartsWith(path.string()), HasSubstr("5 bytes"), HasSubstr("another copy")));
  }
  std::filesystem::remove(path);
  EXPECT_THROW(read_archive(path), Error);
}

TEST(Archive, refuses_to_write_what_the_format_cannot_hold) {
  Archive complex, reserved, garbled;
  complex.tensors["x"] = at::zeros({1}, at::kComplexFloat);
  reserved.tensors["__metadata__"] = at::zeros({1});
  garbled.metadata["k"] = "\xff";
  EXPECT_THROW(encode_archive(complex), std::invalid_argument);
  EXPECT_THROW(encode_archive(reserved), std::invalid_argument);
  EXPECT_THROW(encode_archive(garbled), Error);
}

TEST(Archive, a_header_that_lies_about_its_length) {
  std::string bytes = encode_archive(example());
  EXPECT_THAT(verdict(""), HasSubstr("too few for a header"));
  EXPECT_THAT(verdict(bytes.substr(0, 7)), HasSubstr("too few for a header"));
  EXPECT_THAT(verdict(bytes.substr(0, 20)), AllOf(HasSubstr("but only 12 follow"), HasSubstr("get another copy")));
  bytes.replace(0, 8, 8, '\xff');
  EXPECT_THAT(verdict(bytes), StartsWith("stranger.safetensors: is no safetensors file"));
  EXPECT_THAT(verdict(file_of(std::string((16 << 20) + 1, ' '))), HasSubstr("more than 16777216"));
}

TEST(Archive, a_header_that_is_not_the_json_it_should_be) {
  EXPECT_THAT(verdict(file_of("")), HasSubstr("not valid JSON"));
  EXPECT_THAT(verdict(file_of("{")), HasSubstr("not valid JSON"));
  EXPECT_THAT(verdict(file_of("{\"\xff\":1}")), HasSubstr("not valid JSON"));
  EXPECT_THAT(verdict(file_of("[]")), HasSubstr("not a JSON object"));
  EXPECT_THAT(verdict(file_of(std::string(1 << 20, '['))), HasSubstr("nested too deeply"));
  EXPECT_THAT(verdict(file_of(R"({"a":{"b":{"c":{}}}})")), HasSubstr("nested too deeply"));
  EXPECT_THAT(verdict(file_of(R"({"__metadata__":[]})")), HasSubstr("not an object of strings"));
  EXPECT_THAT(verdict(file_of(R"({"__metadata__":{"k":1}})")), HasSubstr("\"k\", which is not a string"));
  EXPECT_THAT(verdict(file_of(R"({"__metadata__":{"k":"1","k":"2"}})")), HasSubstr("holds \"k\" twice"));
  const std::string entry = R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  EXPECT_EQ(verdict(file_of(R"({"x":)" + entry + "}", "1")), "");
  EXPECT_THAT(verdict(file_of(R"({"x":)" + entry + R"(,"x":)" + entry + "}", "1")), HasSubstr("holds \"x\" twice"));
  EXPECT_THAT(one(R"({"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]})", 1), HasSubstr("\"dtype\" twice"));
}

TEST(Archive, a_tensor_that_does_not_say_what_it_is) {
  EXPECT_THAT(one("7", 0), HasSubstr("tensor \"x\" does not have exactly dtype, shape and data_offsets"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[1]})", 1), HasSubstr("exactly dtype"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1})", 1), HasSubstr("exactly dtype"));
  EXPECT_THAT(one(R"({"dtype":"F8","shape":[1],"data_offsets":[0,1]})", 1), HasSubstr("unknown dtype \"F8\""));
  EXPECT_THAT(one(R"({"dtype":3,"shape":[1],"data_offsets":[0,1]})", 1), HasSubstr("unknown dtype"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":1,"data_offsets":[0,1]})", 1), HasSubstr("shape that is not a short list"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[-1],"data_offsets":[0,1]})", 1), HasSubstr("no whole number from 0 on"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[1.0],"data_offsets":[0,1]})", 1), HasSubstr("no whole number from 0 on"));
  EXPECT_THAT(one(R"({"dtype":"BOOL","shape":[1],"data_offsets":[0,1]})", 1), "");
  EXPECT_THAT(verdict(file_of(R"({"x":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", "\2")),
              HasSubstr("other than 0 and 1"));
}

TEST(Archive, sizes_that_overflow_or_disagree) {
  EXPECT_THAT(one(R"({"dtype":"F64","shape":[2305843009213693952,8],"data_offsets":[0,0]})", 0),
              HasSubstr("overflows"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,0]})", 0), HasSubstr("overflows"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[0,9223372036854775807,9],"data_offsets":[0,0]})", 0),
              HasSubstr("overflows"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,0]})", 0),
              HasSubstr("whole number"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})", 8), HasSubstr("needs 12 bytes for its shape"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[4294967296],"data_offsets":[0,8]})", 8),
              HasSubstr("needs 4294967296 bytes"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[8],"data_offsets":[0,8]})", 7), HasSubstr("outside the 7 bytes"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[8],"data_offsets":[8,0]})", 8), HasSubstr("outside the 8 bytes"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[8],"data_offsets":[0,8,8]})", 8), HasSubstr("data_offsets"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[8],"data_offsets":[0,8]})", 9),
              HasSubstr("describes 8 bytes of data, but 9"));
}

TEST(Archive, tensors_that_overlap_or_leave_holes) {
  const auto two = [](const std::string& a, const std::string& b) {
    return verdict(file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + a +
                               R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}",
                           std::string(8, '\0')));
  };
  EXPECT_EQ(two("[4,8]", "[0,4]"), "");
  EXPECT_THAT(two("[0,4]", "[3,7]"), HasSubstr("\"b\" overlaps"));
  EXPECT_THAT(two("[0,4]", "[0,4]"), HasSubstr("\"b\" overlaps"));
  EXPECT_THAT(two("[1,5]", "[0,4]"), HasSubstr("\"a\" overlaps"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[4],"data_offsets":[4,8]})", 8), HasSubstr("leaves a hole"));
}

TEST(Archive, names_in_messages_cannot_play_with_the_terminal) {
  const std::string message = verdict(file_of("{\"\\u001b[2J" + std::string(5000, 'x') + "\":1}"));
  EXPECT_THAT(message, HasSubstr("\\u001b[2J"));
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_LT(message.size(), 400u);
}

RC_GTEST_PROP(ArchiveProperty, damaged_bytes_parse_or_throw_an_error, ()) {
  static const std::string valid = encode_archive(example());
  std::string bytes = valid;
  const auto edits = *rc::gen::container<std::vector<std::pair<size_t, char>>>(
      rc::gen::pair(rc::gen::inRange<size_t>(0, valid.size()), rc::gen::arbitrary<char>()));
  for (const auto& [place, value] : edits) bytes[place] = value;
  bytes.resize(*rc::gen::weightedOneOf<size_t>(
      {{3, rc::gen::just(valid.size())}, {1, rc::gen::inRange<size_t>(0, valid.size())}}));
  try {
    const Archive archive = decode_archive(bytes, "mutant");
    RC_ASSERT(decode_archive(encode_archive(archive), "again").tensors.size() == archive.tensors.size());
  } catch (const Error& error) {
    RC_ASSERT(std::string(error.what()).starts_with("mutant: "));
  }
}

RC_GTEST_PROP(ArchiveProperty, any_names_and_shapes_survive,
              (const std::map<std::string, std::vector<float>>& content)) {
  Archive archive;
  for (const auto& [name, values] : content) {
    std::string ascii = name;
    for (char& c : ascii) c &= 0x7f;
    archive.tensors["n" + ascii] = at::tensor(at::ArrayRef<float>(values), at::kFloat);
  }
  const Archive again = decode_archive(encode_archive(archive), "again");
  RC_ASSERT(again.tensors.size() == archive.tensors.size());
  RC_ASSERT(encode_archive(again) == encode_archive(archive));
}

}  // namespace
}  // namespace gtn
