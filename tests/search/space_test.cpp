// The spaces that open_space() knows: each holds to the contract, and what open_space() says of names it does not know.
#include "gtn/search/space.h"

#include "gtn/core/file.h"
#include "gtn/nets/spec.h"
#include "gtn/search/nb201_space.h"
#include "tests/core/temporary_folder.h"
#include "tests/search/space_contract.h"

namespace gtn {
namespace {

TEST(Space, every_built_in_holds_to_the_contract) {
  for (const std::string& name : space_names()) expect_space_contract(*open_space(name), {.draws = 12});
}

TEST(Space, every_network_of_convnet_builds_on_grey_and_on_colour_images) {
  const SpacePtr space = open_space("convnet");
  EXPECT_EQ(space->size(), 1458);
  for (int64_t i = 0; i < *space->size(); ++i) {
    const std::string genotype = space->at(i), learner = space->learner(genotype);
    for (const Shape& image : {Shape{1, 28, 28}, Shape{3, 32, 32}})
      EXPECT_NO_THROW(make_net(learner, image, 10)) << genotype;
  }
}

TEST(Space, convnet_writes_networks_as_people_do) {
  const SpacePtr space = open_space("convnet");
  EXPECT_EQ(space->learner("depth=2 width=8 kernel=5 norm=batch activation=silu pool=stride head=hidden"),
            "conv(8, k=5, s=2) norm(batch) silu conv(16, k=5, s=2) norm(batch) silu flatten linear(32) silu "
            "linear(classes)");
  EXPECT_EQ(space->learner("depth=1 width=32 kernel=3 norm=none activation=leaky_relu(0.1) pool=avgpool head=gap"),
            "conv(32, k=3, s=1) leaky_relu(0.1) avgpool(2) gap linear(classes)");
}

TEST(Space, every_network_of_vgg_builds_on_grey_and_on_colour_images_at_a_bounded_cost) {
  const SpacePtr space = open_space("vgg");
  EXPECT_EQ(space->size(), 972);
  for (int64_t i = 0; i < *space->size(); ++i) {
    const std::string genotype = space->at(i), learner = space->learner(genotype);
    EXPECT_LT(make_net(learner, {1, 28, 28}, 10)->multiply_adds(), 30'000'000) << genotype;
    EXPECT_NO_THROW(make_net(learner, {3, 32, 32}, 10)) << genotype;
  }
}

TEST(Space, vgg_writes_blocks_of_convolutions) {
  const SpacePtr space = open_space("vgg");
  EXPECT_EQ(
      space->learner("depth=2 block=single size=large norm=batch activation=relu pool=maxpool head=hidden"),
      "conv(64) norm(batch) relu maxpool(2) conv(128) norm(batch) relu maxpool(2) flatten linear(256) norm(batch) "
      "relu linear(classes)");
  EXPECT_EQ(space->learner("depth=2 block=residual size=small norm=instance activation=silu pool=avgpool head=gap"),
            "conv(8) norm(instance) silu res{ conv(8) norm(instance) } silu avgpool(2) conv(16) norm(instance) silu "
            "res{ conv(16) norm(instance) } silu avgpool(2) gap linear(classes)");
  EXPECT_EQ(
      space->learner("depth=3 block=double size=large norm=none activation=relu pool=maxpool head=flatten"),
      "conv(32) relu conv(32) relu maxpool(2) conv(64) relu conv(64) relu maxpool(2) conv(128) relu conv(128) relu "
      "maxpool(2) flatten linear(classes)");
}

TEST(Space, every_network_of_mlp_builds_on_tables_and_on_images) {
  const SpacePtr space = open_space("mlp");
  EXPECT_EQ(space->size(), 400);
  for (int64_t i = 0; i < *space->size(); ++i) {
    const std::string genotype = space->at(i), learner = space->learner(genotype);
    for (const Shape& image : {Shape{1, 1, 1}, Shape{30, 1, 1}, Shape{3, 32, 32}})
      EXPECT_NO_THROW(make_net(learner, image, 2)) << genotype;
  }
}

TEST(Space, mlp_writes_networks_as_people_do) {
  const SpacePtr space = open_space("mlp");
  EXPECT_EQ(space->learner("depth=1 width=32 norm=none activation=tanh"), "flatten linear(32) tanh linear(classes)");
  EXPECT_EQ(space->learner("depth=2 width=16 body=plain norm=batch activation=silu"),
            "flatten linear(16) norm(batch) silu linear(16) norm(batch) silu linear(classes)");
  EXPECT_EQ(space->learner("depth=4 width=128 body=funnel norm=none activation=relu"),
            "flatten linear(128) relu linear(64) relu linear(32) relu linear(16) relu linear(classes)");
  EXPECT_EQ(space->learner("depth=3 width=64 body=residual norm=batch activation=relu"),
            "flatten linear(64) norm(batch) relu res{ linear(64) norm(batch) relu } res{ linear(64) norm(batch) relu } "
            "linear(classes)");
}

TEST(Space, presets_are_the_named_learners) {
  const SpacePtr space = open_space("presets");
  EXPECT_EQ(space->size(), std::ssize(presets()));
  for (const Preset& preset : presets()) EXPECT_EQ(space->learner("preset=" + preset.name), preset.text);
}

TEST(Space, is_opened_by_its_name_with_settings_or_from_a_file) {
  for (const std::string& name : space_names()) EXPECT_EQ(open_space(name)->name(), name);
  const std::string large = "nb201(width=16, cells=5)";
  EXPECT_EQ(open_space(large)->name(), large);
  EXPECT_EQ(open_space("nb201(cells=1)")->name(), "nb201");
  EXPECT_THAT(open_space(large)->learner(open_space(large)->at(0)), testing::HasSubstr(", width=16, cells=5)"));
  const TemporaryFolder folder;
  write_file_atomic(folder / "mine.toml", "learner = \"gap linear({width}) linear(classes)\"\nchoices.width = [1, 2]");
  EXPECT_EQ(open_space((folder / "mine.toml").string())->name(), "mine");
}

TEST(Space, what_cannot_be_opened_is_said_with_the_names_that_can) {
  const auto expect = [](const std::string& name, const std::vector<std::string>& parts) {
    expect_error([&] { open_space(name); }, ErrorKind::usage, parts);
  };
  expect("nb202", {"space \"nb202\"", "convnet, vgg, mlp, presets, nb201", "did you mean 'nb201'?"});
  expect("/no/such/file.toml", {"convnet, vgg, mlp, presets, nb201", "no file"});
  expect("nb201(widht=16)", {"unknown key 'widht', did you mean 'width'?"});
  expect("nb201(width=0, cells=2000)", {"2 faults", "'width' must be between 1 and 1024", "'cells' must be"});
  expect("nb201(16)", {"\"16\" has no name"});
  expect("nb201(", {"a value is expected here"});
  expect("nb201 nb201", {"no file"});
  expect("nb201(width=16) gap", {"more than a name"});
  expect("convnet(width=16)", {"unknown key 'width'"});
  expect("mlp(width=16)", {"unknown key 'width'"});
  expect(std::string(5000, 'x'), {"no file"});
}

}  // namespace
}  // namespace gtn
