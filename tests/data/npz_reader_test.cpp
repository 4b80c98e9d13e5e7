#include "gtn/data/npz_reader.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "gtn/data/dataset.h"
#include "gtn/report/npz.h"
#include "tests/core/run_command.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// What numpy itself writes, by a script that finds the name of the file in `path`.
void write_by_numpy(const std::filesystem::path& path, const std::string& script) {
  const std::string file = path.string() + ".py";
  write_file_atomic(file, "import numpy as np\npath = '" + path.string() + "'\n" + script);
  const CommandResult outcome = run_command("/usr/bin/python3 " + file);
  ASSERT_EQ(outcome.code, 0) << outcome.output;
}

std::string faults_text(const Faults& faults) {
  return message_of([&] { faults.throw_if_any(ErrorKind::failure); });
}

TEST(NpzReader, reads_what_we_write) {
  const Tensor images = random_pixels({4, 3, 5}, 1), weights = Key(1).normal({2, 3});
  Faults faults("a.npz");
  const auto arrays = decode_npz(encode_npz({{"images", images}, {"w", weights}, {"n", at::arange(3)}},
                                            {{"names", {"a", "\xc3\xa9\xf0\x9f\x98\x80"}}}),
                                 "a.npz", faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_TRUE(at::equal(arrays.at("images").numbers, images));
  EXPECT_TRUE(at::equal(arrays.at("w").numbers, weights));
  EXPECT_TRUE(at::equal(arrays.at("n").numbers, at::arange(3)));
  EXPECT_THAT(arrays.at("names").texts, ElementsAre("a", "\xc3\xa9\xf0\x9f\x98\x80"));
}

TEST(NpzReader, reads_every_plain_type_that_numpy_writes_and_no_object) {
  const TemporaryFolder folder;
  write_by_numpy(folder / "all.npz", R"(
a = np.arange(6).reshape(2, 3)
arrays = {t: a.astype(t) for t in ['u1', 'i1', 'i2', 'i4', 'i8', 'u2', 'u4', 'u8', 'f2', 'f4', 'f8']}
arrays['fortran'] = np.asfortranarray(a)
arrays['truth'] = a > 2
arrays['bytes'] = np.array([b'x', b'yz'])
arrays['empty'] = np.zeros((0, 3), 'f4')
arrays['objects'] = np.array([{'a': 1}, None], dtype=object)
arrays['big'] = a.astype('>i4')
arrays['records'] = np.zeros(2, dtype=[('x', 'i4'), ('y', 'f8')])
arrays['complex'] = a.astype('c8')
arrays['huge'] = np.array([2 ** 63], 'u8')
np.savez_compressed(path, **arrays)
)");
  Faults faults("all.npz");
  const auto arrays = decode_npz(read_file(folder / "all.npz"), "all.npz", faults);
  const Tensor expected = at::arange(6).view({2, 3});
  for (const char* type : {"u1", "i1", "i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "fortran"})
    EXPECT_TRUE(at::equal(arrays.at(type).numbers.to(at::kLong), expected)) << type;
  EXPECT_TRUE(at::equal(arrays.at("truth").numbers, expected.gt(2)));
  EXPECT_THAT(arrays.at("bytes").texts, ElementsAre("x", "yz"));
  EXPECT_EQ(arrays.at("empty").numbers.numel(), 0);
  EXPECT_THAT(faults_text(faults),
              AllOf(HasSubstr("5 faults"), HasSubstr("\"objects.npy\": holds objects (pickled)"),
                    HasSubstr("\"big.npy\": holds big-endian numbers"), HasSubstr("\"records.npy\": holds records"),
                    HasSubstr("\"<c8\""), HasSubstr("\"huge.npy\": holds numbers above those of int64")));
}

TEST(NpzReader, an_archive_that_would_unpack_to_too_much_is_refused) {
  const auto verdict = [](const std::string& bytes) {
    Faults faults("bomb.npz");
    return message_of([&] { decode_npz(bytes, "bomb.npz", faults); });
  };
  std::string bytes = encode_npz({{"a", at::arange(3)}, {"b", at::arange(3)}});
  for (size_t at = 0; (at = bytes.find("PK\x01\x02", at)) != std::string::npos; ++at)
    bytes.replace(at + 24, 4, std::string("\x00\x00\x00\x81", 4));  // each announces a little more than 2 GiB
  EXPECT_THAT(verdict(bytes), HasSubstr("bomb.npz: announces 4328521728 bytes, more than the 4 GiB"));
  std::map<std::string, Tensor> many;
  for (int i = 0; i < 101; ++i) many.emplace("a" + std::to_string(i), at::arange(1));
  EXPECT_THAT(verdict(encode_npz(many)), HasSubstr("holds 101 entries, but at most 100 arrays are read"));
  std::string text = "{'descr': '|S1', 'fortran_order': False, 'shape': (10000001,), }\n";
  text = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(text.size()) + '\0' + text;
  EXPECT_THAT(message_of([&] { decode_npy(text + std::string(10000001, 'x'), "a"); }), HasSubstr("10000001 texts"));
}

TEST(NpzReader, an_archive_cut_short_anywhere_is_refused) {
  const std::string bytes = encode_npz({{"images", random_pixels({4, 3, 5}, 1)}});
  for (size_t size = 0; size < bytes.size(); ++size) {
    Faults faults("cut");
    EXPECT_THROW(decode_npz(bytes.substr(0, size), "cut", faults), Error) << size;
  }
}

RC_GTEST_PROP(NpzReaderProperty, damaged_bytes_give_arrays_or_faults, ()) {
  static const std::string valid =
      encode_npz({{"images", random_pixels({2, 3, 4}, 1)}, {"labels", at::arange(2)}}, {{"class_names", {"a", "b"}}});
  std::string bytes = valid;
  const auto edits = *rc::gen::container<std::vector<std::pair<size_t, char>>>(
      rc::gen::pair(rc::gen::inRange<size_t>(0, valid.size()), rc::gen::arbitrary<char>()));
  for (const auto& [place, value] : edits) bytes[place] = value;
  Faults faults("mutant");
  try {
    decode_npz(bytes, "mutant", faults);
  } catch (const Error& error) {
    RC_ASSERT(std::string(error.what()).starts_with("mutant: "));
  }
}

class OwnArrays : public testing::Test {
 protected:
  Splits open(const std::map<std::string, Tensor>& arrays,
              const std::map<std::string, std::vector<std::string>>& texts = {}) const {
    write_npz(folder_ / "own.npz", arrays, texts);
    return open_dataset((folder_ / "own.npz").string(), {});
  }
  std::string fault(const std::map<std::string, Tensor>& arrays,
                    const std::map<std::string, std::vector<std::string>>& texts = {}) const {
    return message_of([&] { open(arrays, texts); });
  }

  TemporaryFolder folder_;
};

TEST_F(OwnArrays, images_of_either_order_and_any_range_are_read) {
  const Tensor images = random_pixels({12, 5, 4, 3}, 1), labels = at::arange(12).remainder(2);
  const Splits last = open({{"images", images}, {"labels", labels}});
  EXPECT_EQ(shape_of(last.train.images), (Shape{8, 3, 5, 4}));
  EXPECT_EQ(last.test.size(), 2);
  const Splits first = open({{"x", images.permute({0, 3, 1, 2}).contiguous()}, {"y", labels.view({12, 1})}});
  EXPECT_EQ(first.train.fingerprint, last.train.fingerprint);
  const Splits fractions = open({{"images", images.to(at::kFloat) / 255}, {"labels", labels}});
  EXPECT_LT((fractions.train.images.to(at::kFloat) - last.train.images.to(at::kFloat)).abs().max().item<float>(), 1e-3);
  EXPECT_EQ(open({{"images", images.to(at::kFloat)}, {"labels", labels}}).train.fingerprint, last.train.fingerprint);

  const Splits parts = open({{"x_train", images}, {"y_train", labels}, {"x_test", images}, {"y_test", labels}},
                            {{"class_names", {"no", "yes"}}});
  EXPECT_EQ(parts.test.size(), 12);
  EXPECT_THAT(parts.test.class_names, ElementsAre("no", "yes"));
  const Splits table = open({{"data", Key(1).normal({12, 7}) * 100}, {"labels", labels}});
  EXPECT_EQ(shape_of(table.train.images), (Shape{8, 7, 1, 1}));
}

TEST_F(OwnArrays, faults_are_listed_at_once) {
  const Tensor images = random_pixels({12, 5, 4}, 1), labels = at::arange(12).remainder(2);
  EXPECT_THAT(fault({{"images", images}}), HasSubstr("no array of its labels"));
  EXPECT_THAT(
      message_of([&] { open_dataset((folder_ / "own.npz").string(), {}, {}, {.data = {.size = 8, .label = "kind"}}); }),
      AllOf(HasSubstr("scale the arrays yourself"), HasSubstr("data.label names a column of a table")));
  EXPECT_THAT(fault({{"pictures", images}}), HasSubstr("holds no arrays \"images\" and \"labels\""));
  EXPECT_THAT(
      fault({{"images", random_pixels({12, 5, 4, 2}, 1)}, {"labels", at::zeros({3, 2})}}),
      AllOf(HasSubstr("2 faults"), HasSubstr("\"images\" is [12, 5, 4, 2]"), HasSubstr("\"labels\" is [3, 2]")));
  EXPECT_THAT(fault({{"images", images}, {"labels", at::arange(5).remainder(2)}}),
              HasSubstr("12 images in \"images\" but 5 labels"));
  EXPECT_THAT(fault({{"images", images.to(at::kFloat) - 100}, {"labels", labels}}),
              HasSubstr("before they are normalised"));
  EXPECT_THAT(fault({{"data", at::full({12, 3}, NAN)}, {"labels", labels}}), HasSubstr("36 values that are no finite"));
  EXPECT_THAT(fault({{"images", images}, {"labels", labels}}, {{"class_names", {"one"}}}),
              HasSubstr("labels that are no class of the training: 6"));
  EXPECT_THAT(fault({{"images", images}, {"x", images}, {"labels", labels}}), HasSubstr("keep one of them"));
  for (const float odd : {0.5f, 1e30f, HUGE_VALF, NAN})
    EXPECT_THAT(fault({{"images", images}, {"labels", labels.to(at::kFloat) + odd}}), HasSubstr("with fractions or"));
  EXPECT_THAT(fault({{"images", images}, {"labels", labels}, {"class_names", at::arange(2)}}),
              HasSubstr("\"class_names\" holds no texts"));
  EXPECT_THAT(fault({{"images", at::zeros({10000001, 1, 1}, at::kByte)}, {"labels", at::zeros({10000001}, at::kByte)}}),
              HasSubstr("one an image and at most 10000000"));
}

}  // namespace
}  // namespace gtn
