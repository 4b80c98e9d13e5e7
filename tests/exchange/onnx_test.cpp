// The bytes of an ONNX file against those of the protocol buffer compiler, and the files against what they promise.
#include "gtn/exchange/onnx.h"

#include <gmock/gmock.h>

#include "gtn/core/version.h"
#include "gtn/exchange/portable_generator.h"
#include "tests/core/expect_error.h"
#include "tests/exchange/networks.h"

namespace gtn {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string hex_of(const std::string& bytes) {
  std::string hex;
  for (const unsigned char byte : bytes) hex.append({"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]});
  return hex;
}

OnnxGraph small_graph() {
  OnnxGraph graph("g");
  graph.input("x", {"N", 300});
  graph.constant("c", at::tensor({1.0F, -2.0F}).view({2, 1}));
  graph.constant("i", {-1});
  graph.node("Foo", {"x", "c"}, "y",
             {{"count", int64_t{-2}},
              {"slope", 0.25},
              {"pads", std::vector<int64_t>{1, 300}},
              {"mode", std::string("reflect")}});
  graph.output("y", {"N"});
  return graph;
}

// Made by protoc --encode=onnx.ModelProto onnx.proto (ONNX 1.12) of the same graph as text.
TEST(Onnx, bytes_are_those_of_the_protocol_buffer_compiler) {
  const std::string version(library_version());
  ASSERT_EQ(version.size(), 5u) << "the lengths below count it";
  EXPECT_EQ(hex_of(small_graph().encode("about", {{"b", "two"}, {"a", "1"}})),
            "0807120367746e1a05" + hex_of(version) +
                "320561626f75743ab3010a5d0a01780a01631201791a01792203466f6f2a150a05636f756e7418feffffffffffffffff01a001"
                "022a0f0a"
                "05736c6f7065150000803ea001012a0e0a0470616473400140ac02a001072a120a046d6f646522077265666c656374a0010312"
                "01672a13"
                "0802080110014201634a080000803f000000c02a11080110074201694a08ffffffffffffffff5a150a017812100a0e0801120a"
                "0a031201"
                "4e0a0308ac0262100a0179120b0a09080112050a0312014e4202100d72060a016112013172080a0162120374776f");
}

TEST(Onnx, takes_float32_and_int64) {
  OnnxGraph graph("g");
  EXPECT_THROW(graph.constant("c", at::zeros({2}, at::kDouble)), std::invalid_argument);
  // Whatever lies in memory: the transpose of a matrix is written as it reads.
  EXPECT_EQ(graph.constant("t", at::arange(6).view({2, 3}).t()), "t");
  EXPECT_THAT(graph.encode("", {}), HasSubstr(std::string("\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\1", 17)));
}

PortableNetwork portable(const std::string& text) {
  const auto [net, w, statistics] = finished(text);
  return {.learner = net->text(),
          .input = net->input(),
          .operations = operations_of(*net, w, statistics),
          .normalization = {at::full({3}, 0.5), at::full({3}, 0.25)},
          .class_names = {"a", "b\xff", "\"c\"", "d", "e"},
          .dataset = "toy\xff",
          .dataset_fingerprint = "abc"};
}

TEST(Onnx, a_network_says_what_it_is_in_valid_text) {
  const std::string bytes = encode_onnx(portable("flatten linear(classes)"));
  EXPECT_THAT(bytes, HasSubstr("[\"a\",\"b\xef\xbf\xbd\",\"\\\"c\\\"\",\"d\",\"e\"]"));
  EXPECT_THAT(bytes, HasSubstr("toy\xef\xbf\xbd"));
  EXPECT_THAT(bytes, HasSubstr("flatten linear(classes)"));
  EXPECT_THAT(bytes, Not(HasSubstr("whitening")));
  EXPECT_EQ(bytes, encode_onnx(portable("flatten linear(classes)")));
}

TEST(Onnx, whitening_is_part_of_the_graph) {
  PortableNetwork network = portable("flatten linear(classes)");
  network.normalization.whitening = {at::zeros({288}), at::eye(288)};
  EXPECT_THAT(encode_onnx(network), HasSubstr("whitening_mean"));
}

TEST(Onnx, every_layer_can_be_written) {
  for (const std::string& text : exported_texts())
    EXPECT_THAT(encode_onnx(portable(text)), HasSubstr("logits")) << text;
}

TEST(OnnxGenerator, takes_the_parameters_of_its_configuration_alone) {
  const GeneratorConfig config{.noise = 3, .hidden = 4, .wide = 2, .narrow = 2};
  std::map<std::string, Tensor> stored;
  for (const auto& [name, tensor] : Generator(config, {1, 6, 5}, 2).initial(Key(1))) stored[name] = tensor;
  stored["curriculum.z"] = at::zeros({1, 2, 3});
  const auto params = generator_params(config, {1, 6, 5}, 2, stored, "t");
  EXPECT_TRUE(params[0].tensor.equal(stored["generator.linear1"]));
  const auto refused = [&](const std::string& part) {
    expect_error([&] { generator_params(config, {1, 6, 5}, 2, stored, "t"); }, ErrorKind::failure, {"t: ", part});
  };
  stored["generator.linear1"] = stored["generator.linear1"].t();
  stored["generator.bias"] = stored["generator.bias"].to(at::kDouble);
  refused("2 faults");
  stored.erase("generator.conv1");
  refused("holds no generator");
  expect_error(
      [&] {
        generator_params({.hidden = int64_t{1} << 60}, {1, 6, 5}, 2, stored, "t");
      },
      ErrorKind::failure, {"holds no generator"});
}

TEST(OnnxGenerator, gives_pixels_where_they_are_not_whitened) {
  const GeneratorConfig config{.noise = 3, .hidden = 4, .wide = 2, .narrow = 2};
  PortableGenerator generator{.config = config,
                              .image = {1, 6, 5},
                              .classes = 2,
                              .params = Generator(config, {1, 6, 5}, 2).initial(Key(1)),
                              .normalization = {at::zeros({1}), at::ones({1})},
                              .class_names = {"a", "b"},
                              .dataset = "toy",
                              .dataset_fingerprint = "abc"};
  EXPECT_THAT(encode_onnx(generator), HasSubstr("pixels"));
  generator.normalization.whitening = {at::zeros({30}), at::eye(30)};
  EXPECT_THAT(encode_onnx(generator), Not(HasSubstr("pixels")));
}

}  // namespace
}  // namespace gtn
