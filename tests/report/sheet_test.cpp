#include "gtn/report/sheet.h"

#include <gmock/gmock.h>

#include <cmath>

#include "gtn/core/random.h"
#include "gtn/report/font.h"
#include "gtn/report/png.h"
#include "tests/report/support.h"

namespace gtn {
namespace {

const std::vector<std::string> kTwoNames = {"a", "b"};

// T steps of two images of 28 x 28: image b of step t has the one shade (10 t + b + 1) / 255, and class b.
Tensor flat_images(int64_t steps, int64_t channels = 1) {
  const Tensor shade = at::arange(steps).mul(10).view({steps, 1}) + at::arange(2) + 1;
  return shade.to(at::kFloat).div(255).view({steps, 2, 1, 1, 1}).expand({steps, 2, channels, 28, 28});
}

Tensor balanced_labels(int64_t steps) { return at::eye(2).expand({steps, 2, 2}); }

// The shade in the middle of a tile, of 56 pixels with a gutter of 4, counted from the right and bottom edges (12
// pixels).
int tile_shade(const Tensor& sheet, int64_t rows, int64_t columns, int64_t row, int64_t column) {
  const int64_t y = sheet.size(0) - 12 - (rows - row) * 60 + 4 + 28;
  const int64_t x = sheet.size(1) - 12 - (columns - column) * 60 + 4 + 28;
  return sheet[y][x].item<uint8_t>();
}

TEST(Representatives, the_most_certain_image_of_a_class_and_none_where_no_label_peaks_there) {
  const Tensor labels = at::tensor({0.6f, 0.3f, 0.1f,    // of class 0
                                    0.1f, 0.8f, 0.1f,    // of class 1
                                    0.9f, 0.05f, 0.05f,  // of class 0, more so
                                    0.9f, 0.05f, 0.05f,  // the same again: the first stays
                                    0.2f, 0.4f, 0.4f})   // a tie goes to class 1, less than image 1
                            .view({1, 5, 3});
  EXPECT_TRUE(at::equal(representatives(labels), at::tensor({2, 1, -1}, at::kLong).view({1, 3})));
  EXPECT_THROW(representatives(at::zeros({2, 2})), std::invalid_argument);
}

TEST(Sheet, puts_each_image_in_its_row_and_column) {
  Tensor labels = balanced_labels(3).clone();
  labels[1] = at::tensor({0.0f, 1.0f, 1.0f, 0.0f}).view({2, 2});  // step 1 has its classes the other way round
  const Tensor sheet = draw_sheet(flat_images(3), labels, kTwoNames);
  ASSERT_EQ(sheet.dim(), 2);
  const int expected[2][3] = {{1, 12, 21}, {2, 11, 22}};
  for (int64_t row = 0; row < 2; ++row)
    for (int64_t column = 0; column < 3; ++column)
      EXPECT_EQ(tile_shade(sheet, 2, 3, row, column), expected[row][column]) << row << ", " << column;
}

TEST(Sheet, leaves_a_light_tile_where_a_class_is_missing) {
  Tensor labels = balanced_labels(2).clone();
  labels[1] = at::tensor({1.0f, 0.0f, 1.0f, 0.0f}).view({2, 2});
  const Tensor sheet = draw_sheet(flat_images(2), labels, kTwoNames);
  EXPECT_EQ(tile_shade(sheet, 2, 2, 0, 1), 11);
  EXPECT_EQ(tile_shade(sheet, 2, 2, 1, 1), 232);
}

TEST(Sheet, magnifies_by_whole_factors_and_clamps) {
  Tensor image = at::zeros({1, 1, 1, 28, 28});
  image[0][0][0][0][0] = 7.0;
  image[0][0][0][27][27] = -7.0;
  image[0][0][0][27][26] = std::nan("");
  image[0][0][0][26][27] = 0.5;
  const std::vector<std::string> one = {"a"};
  const Tensor sheet = draw_sheet(image, at::ones({1, 1, 1}), one);
  const Tensor tile = sheet.slice(0, -68, -12).slice(1, -68, -12);
  EXPECT_TRUE(at::equal(tile.slice(0, 0, 2).slice(1, 0, 2), at::full({2, 2}, 255, at::kByte)));
  EXPECT_EQ(tile[0][2].item<uint8_t>(), 0);
  EXPECT_TRUE(at::equal(tile.slice(0, 52, 54).slice(1, 54, 56), at::full({2, 2}, 128, at::kByte)));
  EXPECT_EQ(tile.slice(0, 54, 56).max().item<uint8_t>(), 0);
}

TEST(Sheet, averages_large_images_and_keeps_colour) {
  Tensor image = at::zeros({1, 1, 3, 112, 112});
  image.select(2, 0).slice(3, 0, 112, 2).fill_(1);  // every other column is red
  const std::vector<std::string> one = {"a"};
  const Tensor sheet = draw_sheet(image, at::ones({1, 1, 1}), one);
  ASSERT_EQ(sheet.size(2), 3);
  const Tensor tile = sheet.slice(0, -68, -12).slice(1, -68, -12);
  EXPECT_TRUE(at::equal(tile, at::tensor({128, 0, 0}, at::kByte).expand({56, 56, 3})));
}

TEST(Sheet, shows_at_most_32_steps_evenly_spaced_with_both_ends) {
  const Tensor sheet = draw_sheet(flat_images(24), balanced_labels(24), kTwoNames, {.columns = 4});
  const int expected[] = {1, 81, 151, 231};  // steps 0, 8, 15, 23
  for (int64_t column = 0; column < 4; ++column) EXPECT_EQ(tile_shade(sheet, 2, 4, 0, column), expected[column]);

  const int64_t narrow = draw_sheet(flat_images(32), balanced_labels(32), kTwoNames).size(1);
  EXPECT_EQ(draw_sheet(flat_images(500), balanced_labels(500), kTwoNames).size(1), narrow);
  EXPECT_EQ(draw_sheet(flat_images(31), balanced_labels(31), kTwoNames).size(1), narrow - 60);
}

TEST(Sheet, the_file_stays_near_a_megabyte_even_of_noise) {
  const Tensor noise = Key(1).uniform({40, 20, 3, 32, 32}, 0, 1);
  const std::vector<std::string> names(20, "class");
  EXPECT_LT(encode_png(draw_sheet(noise, at::eye(20).expand({40, 20, 20}), names)).size(), 1'400'000u);
}

TEST(Sheet, labels_rows_with_names_and_columns_with_step_numbers_from_one) {
  const auto holds = [](const Tensor& sheet, int64_t y, int64_t x, std::string_view text) {
    const Tensor mask = text_mask(text, 2);
    return at::equal(sheet.narrow(0, y, mask.size(0)).narrow(1, x, mask.size(1)) == 60, mask);
  };
  const std::vector<std::string> names = {"Ankle boot", "a name of twenty-one"};
  const Tensor sheet = draw_sheet(flat_images(2), balanced_labels(2), names);
  EXPECT_TRUE(holds(sheet, 12, 12, "step"));
  EXPECT_TRUE(holds(sheet, 34 + 20, 12, "Ankle boot"));
  EXPECT_TRUE(holds(sheet, 34 + 60 + 20, 12, "a name of twenty.."));
  EXPECT_TRUE(holds(sheet, 12, sheet.size(1) - 12 - 56 + 23, "2"));
}

TEST(Sheet, names_the_shapes_that_disagree) {
  const auto draw = [](const Tensor& images, const Tensor& labels) {
    return message_of<std::invalid_argument>([&] { draw_sheet(images, labels, kTwoNames); });
  };
  EXPECT_THAT(draw(flat_images(3), balanced_labels(2)),
              testing::AllOf(testing::HasSubstr("[3, 2, 1, 28, 28]"), testing::HasSubstr("[2, 2, 2]")));
  EXPECT_THAT(draw(flat_images(2, 2), balanced_labels(2)), testing::HasSubstr("[2, 2, 2, 28, 28]"));
  EXPECT_THAT(draw(flat_images(2), at::ones({2, 2, 3})), testing::HasSubstr("2 names"));
}

TEST(Font, a_known_letter_and_a_box_for_what_it_lacks) {
  const auto art = [](std::string_view text) {
    const Tensor mask = text_mask(text, 1);
    std::string lines;
    for (int64_t y = 0; y < 8; ++y, lines += '\n')
      for (int64_t x = 0; x < 5; ++x) lines += mask[y][x].item<bool>() ? '#' : '.';
    return lines;
  };
  EXPECT_EQ(art("T"), "#####\n..#..\n..#..\n..#..\n..#..\n..#..\n..#..\n.....\n");
  EXPECT_EQ(art("~"), ".....\n.....\n.#..#\n#.##.\n.....\n.....\n.....\n.....\n");
  EXPECT_EQ(art("\xc3\xa9"), "#####\n#...#\n#...#\n#...#\n#...#\n#...#\n#####\n.....\n");
  EXPECT_EQ(text_mask("ab", 3).sizes(), (Shape{24, 36}));
}

}  // namespace
}  // namespace gtn
