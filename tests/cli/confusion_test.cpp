// The confusions of gtn evaluate, as JSON and on their way to the page.
#include "cli/evaluate_confusion.h"

#include <gmock/gmock.h>

#include "cli/report_data.h"
#include "gtn/report/png.h"

namespace gtn {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

// One grey image of 2 x 2 pixels a class, or so many, the n-th of brightness n; of `classes` called "c0", "c1", ...
Splits grey_splits(int64_t classes, int64_t each) {
  const Tensor labels = at::arange(classes, at::kLong).repeat_interleave(each);
  const Tensor images = at::arange(classes * each, at::kLong).remainder(256).to(at::kByte).view({-1, 1, 1, 1});
  std::vector<std::string> names;
  for (int64_t k = 0; k < classes; ++k) names.push_back("c" + std::to_string(k));
  const Dataset data = make_dataset("grey", images.expand({-1, 1, 2, 2}).contiguous(), labels, names);
  return {data, data, data, measure_normalization(data.images)};
}

Json json_of_confusion(const Splits& splits, const Tensors& predicted, Pictures pictures = Pictures::left_out) {
  return confusion_json(report_confusion(predicted, splits), splits.test.class_names, pictures);
}

TEST(ConfusionJson, tells_all_counts_and_shows_examples) {
  const Splits splits = grey_splits(3, 2);
  const Tensor predicted = at::tensor({0, 1, 2, 2, 2, 2}, at::kLong);
  const Json json = json_of_confusion(splits, {predicted, predicted}, Pictures::embedded);
  EXPECT_EQ(json["of_classes"], 3);
  EXPECT_EQ(json["names"], (Json{"c0", "c1", "c2"}));
  EXPECT_EQ(json["numbers"], (Json{0, 1, 2}));
  EXPECT_EQ(json["row_sums"], (Json{4, 4, 4}));
  EXPECT_EQ(json["counts"], Json::parse("[[2, 2, 0], [0, 0, 4], [0, 0, 4]]"));
  ASSERT_EQ(json["pairs"].size(), 2u);
  Json first = json["pairs"][0];
  EXPECT_THAT(first["picture"].get<std::string>(), StartsWith("data:image/png;base64,"));
  first.erase("picture");
  EXPECT_EQ(first, Json::parse(R"({"true": 1, "predicted": 2, "names": ["c1", "c2"], "count": 4, "of": 4,
                                  "images": [2, 3]})"));
  EXPECT_FALSE(json_of_confusion(splits, {predicted})["pairs"][0].contains("picture"));
}

TEST(ConfusionJson, pictures_are_the_test_images_side_by_side) {
  const Splits splits = grey_splits(2, 60);
  const ReportedConfusion confusion = report_confusion({at::ones({120}, at::kLong)}, splits);
  ASSERT_EQ(confusion.shown.size(), 1u);
  EXPECT_THAT(confusion.shown[0].images, ElementsAre(0, 1, 2, 3));
  const Tensor row = at::tensor({0, 0, 255, 1, 1, 255, 2, 2, 255, 3, 3}, at::kByte);
  EXPECT_EQ(confusion.shown[0].picture, encode_png(row.repeat({2, 1})));
}

TEST(ConfusionJson, of_many_classes_tells_the_most_confused_and_the_most_frequent_pairs) {
  const Splits splits = grey_splits(200, 2);
  // Every class is taken for the next, the last 120 classes by two learners; class 199 is right.
  const Tensor labels = splits.test.labels, next = (labels + 1).clamp_max(199);
  const Json json = json_of_confusion(splits, {next, at::where(labels >= 80, next, labels)});
  EXPECT_EQ(json["of_classes"], 200);
  ASSERT_EQ(json["numbers"].size(), 20u);
  EXPECT_EQ(json["counts"].size(), 20u);
  EXPECT_EQ(json["counts"][0].size(), 20u);
  EXPECT_EQ(json["numbers"][0], 81);  // 80 is confused as often in its row, and half as often in its column
  EXPECT_EQ(json["counts"][0][1], 4);
  EXPECT_EQ(json["pairs"].size(), 100u);
  EXPECT_EQ(json["pairs"][0]["true"], 80);
  EXPECT_TRUE(json["pairs"][7].contains("images"));
  EXPECT_FALSE(json["pairs"][8].contains("images"));
}

TEST(ConfusionPart, shows_at_most_twenty_classes) {
  const Splits splits = grey_splits(30, 1);
  const Tensor labels = splits.test.labels;
  const Json json = json_of_confusion(splits, {at::where(labels >= 25, labels * 0, labels)}, Pictures::embedded);
  ASSERT_EQ(json["counts"].size(), 30u);
  const Json part = confusion_part(json);
  ASSERT_EQ(part["names"].size(), 20u);
  EXPECT_EQ(part["of_classes"], 30);
  EXPECT_EQ(part["names"][0], "c0");
  EXPECT_EQ(part["numbers"][19], 29);
  EXPECT_EQ(part["counts"][19][0], 1);
  EXPECT_EQ(part["counts"][19].size(), 20u);
  EXPECT_EQ(part["pairs"][0]["images"], 1);  // how many, for whoever cannot see them
}

TEST(ConfusionPart, what_has_another_shape_is_left_out) {
  const Splits splits = grey_splits(3, 2);
  const Json good = json_of_confusion(splits, {at::tensor({0, 1, 2, 2, 2, 2}, at::kLong)}, Pictures::embedded);
  EXPECT_EQ(confusion_part(good)["counts"], good["counts"]);
  EXPECT_EQ(confusion_part(good)["pairs"][0]["picture"], good["pairs"][0]["picture"]);
  const std::pair<const char*, Json> faults[] = {{"counts", Json::parse("[[1, 2], [3, 4]]")},
                                                 {"counts", Json::parse("[[1, 2, 3], [1, -2, 3], [1, 2, 3]]")},
                                                 {"names", Json{"a", "b", 7}},
                                                 {"numbers", Json{0, 1}},
                                                 {"row_sums", "4"},
                                                 {"of_classes", nullptr}};
  for (const auto& [name, value] : faults) {
    Json bad = good;
    bad[name] = value;
    EXPECT_TRUE(confusion_part(bad).is_null()) << name << ' ' << value;
    bad.erase(name);
    EXPECT_TRUE(confusion_part(bad).is_null()) << name;
  }
  EXPECT_TRUE(confusion_part(Json::array()).is_null());
  for (const char* const picture : {"https://elsewhere.example/x.png", "data:image/png;base64,\"><script>", "7"}) {
    Json bad = good;
    bad["pairs"][0]["picture"] = picture;
    bad["pairs"][1]["names"] = Json{"c0"};
    const Json part = confusion_part(bad);
    ASSERT_EQ(part["pairs"].size(), 1u);
    EXPECT_FALSE(part["pairs"][0].contains("picture")) << picture;
  }
}

}  // namespace
}  // namespace gtn
