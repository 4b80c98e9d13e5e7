#include "gtn/report/npz.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "gtn/core/random.h"
#include "tests/report/support.h"

namespace gtn {
namespace {

using testing::HasSubstr;

std::map<std::string, Tensor> tensors() {
  return {
      {"images", at::arange(24, at::kFloat).div(8).view({2, 3, 4})},
      {"classes", at::full({2}, 3, at::kLong).mul(at::arange(2)).sub(5000000000)},
      {"bytes", at::arange(2, at::kByte).mul(255)},
      {"scalar", at::scalar_tensor(2.5, at::kFloat)},
  };
}
const std::map<std::string, std::vector<std::string>> kTexts = {{"class_names", {"coat", "T-shirt/top", "é€"}},
                                                                {"notes", {}}};

uint64_t number(const std::string& bytes, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i)
    value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes.at(at + i))) << (8 * i);
  return value;
}

struct Entry {
  std::string name;
  std::string content;
};

// Reads a zip file of stored entries by its directory, and holds every local header against it.
std::vector<Entry> read_zip(const std::string& zip) {
  std::vector<Entry> entries;
  const size_t end = zip.size() - 22;
  EXPECT_EQ(number(zip, end, 4), 0x06054b50u);
  size_t at = number(zip, end + 16, 4);
  EXPECT_EQ(at + number(zip, end + 12, 4), end);
  const size_t count = number(zip, end + 10, 2);
  for (size_t i = 0; i < count; ++i) {
    EXPECT_EQ(number(zip, at, 4), 0x02014b50u);
    const size_t size = number(zip, at + 24, 4), name_size = number(zip, at + 28, 2), local = number(zip, at + 42, 4);
    EXPECT_EQ(number(zip, at + 10, 2), 0u) << "stored";
    EXPECT_EQ(number(zip, local, 4), 0x04034b50u);
    EXPECT_EQ(zip.substr(local + 4, 26), zip.substr(at + 6, 26));  // both headers say the same
    Entry entry{zip.substr(at + 46, name_size), zip.substr(local + 30 + name_size, size)};
    EXPECT_EQ(zip.substr(local + 30, name_size), entry.name);
    EXPECT_EQ(number(zip, at + 16, 4),
              crc32(0, reinterpret_cast<const Bytef*>(entry.content.data()), static_cast<uInt>(size)));
    entries.push_back(entry);
    at += 46 + name_size;
  }
  EXPECT_EQ(at, end);
  return entries;
}

TEST(Npz, is_a_zip_file_of_arrays_in_the_order_of_their_names) {
  std::vector<std::string> names;
  for (const Entry& entry : read_zip(encode_npz(tensors(), kTexts))) names.push_back(entry.name);
  EXPECT_THAT(names, testing::ElementsAre("bytes.npy", "class_names.npy", "classes.npy", "images.npy", "notes.npy",
                                          "scalar.npy"));
  EXPECT_TRUE(read_zip(encode_npz({})).empty());
}

TEST(Npz, headers_are_padded_to_64_bytes_and_data_follows) {
  for (const Entry& entry : read_zip(encode_npz(tensors(), kTexts))) {
    ASSERT_EQ(entry.content.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
    const size_t header = 10 + number(entry.content, 8, 2);
    EXPECT_EQ(header % 64, 0u) << entry.name;
    EXPECT_EQ(entry.content.at(header - 1), '\n');
    if (entry.name == "classes.npy") {
      EXPECT_THAT(entry.content, HasSubstr("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }"));
      EXPECT_EQ(static_cast<int64_t>(number(entry.content, header + 8, 8)), -4999999997);
    }
    if (entry.name == "images.npy") {
      EXPECT_THAT(entry.content, HasSubstr("(2, 3, 4)"));
      EXPECT_EQ(entry.content.size(), header + 24 * 4);
    }
    if (entry.name == "class_names.npy") {
      EXPECT_THAT(entry.content, HasSubstr("'<U11'"));
      EXPECT_EQ(number(entry.content, header + 4 * (2 * 11 + 1), 4), 0x20acu);
    }
  }
}

TEST(Npz, same_arrays_same_bytes_whatever_their_memory_order) {
  const Tensor image = Key(2).normal({2, 3, 5, 5});
  const Tensor strided = image.contiguous(kChannelsLast);
  EXPECT_EQ(encode_npz({{"x", image}}), encode_npz({{"x", strided}}));
  EXPECT_EQ(encode_npz(tensors(), kTexts), encode_npz(tensors(), kTexts));
}

TEST(Npz, numpy_reads_every_array_back) {
  const TemporaryFolder folder;
  if (run_python(folder, "import numpy\n", "").code != 0) GTEST_SKIP() << "Debian's python3-numpy is not installed";
  write_npz(folder / "a.npz", tensors(), kTexts);
  const CommandResult read = run_python(folder,
                                        "import sys, numpy\n"
                                        "with numpy.load(sys.argv[1]) as file:\n"
                                        "    for name in file.files:\n"
                                        "        array = file[name]\n"
                                        "        print(name, array.dtype.str, array.shape, ascii(array.tolist()))\n",
                                        folder / "a.npz");
  EXPECT_EQ(read.code, 0);
  EXPECT_EQ(read.output,
            "bytes |u1 (2,) [0, 255]\n"
            "class_names <U11 (3,) ['coat', 'T-shirt/top', '\\xe9\\u20ac']\n"
            "classes <i8 (2,) [-5000000000, -4999999997]\n"
            "images <f4 (2, 3, 4) [[[0.0, 0.125, 0.25, 0.375], [0.5, 0.625, 0.75, 0.875], [1.0, 1.125, 1.25, 1.375]], "
            "[[1.5, 1.625, 1.75, 1.875], [2.0, 2.125, 2.25, 2.375], [2.5, 2.625, 2.75, 2.875]]]\n"
            "notes <U1 (0,) []\n"
            "scalar <f4 () 2.5\n");
}

TEST(Npz, refuses_types_and_names_it_cannot_keep) {
  const auto refusal = [](const std::map<std::string, Tensor>& tensors,
                          const std::map<std::string, std::vector<std::string>>& texts) {
    return message_of<std::invalid_argument>([&] { encode_npz(tensors, texts); });
  };
  EXPECT_THAT(refusal({{"x", at::zeros({2}, at::kDouble)}}, {}),
              testing::AllOf(HasSubstr("'x' is Double"), HasSubstr("convert it to float32, int64 or uint8")));
  EXPECT_THAT(refusal({{"x", at::zeros({2})}}, {{"x", {"a"}}}), HasSubstr("two arrays are named 'x'"));
  EXPECT_THAT(refusal({{"a/b", at::zeros({2})}}, {}), HasSubstr("'a/b' is no array name"));
  EXPECT_THAT(refusal({}, {{"", {}}}), HasSubstr("use letters, digits"));
}

TEST(Npz, says_where_it_could_not_write) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<std::runtime_error>([&] { write_npz(folder / "absent/a.npz", tensors()); }),
              testing::AllOf(HasSubstr("absent/a.npz"), HasSubstr("could not be written")));
}

}  // namespace
}  // namespace gtn
