// Real images that stand for the others: the nearest to the centres of k-means, class by class. The control that a
// learned curriculum has to beat.
#pragma once

#include "gtn/core/random.h"
#include "gtn/data/dataset.h"

namespace gtn {

// The centres [count, D] of k-means on points [N, D], float: k-means++ seeding (Arthur, Vassilvitskii, 2007), then at
// most `iterations` rounds of Lloyd's algorithm, fewer where no point changes its centre. A centre that loses all of
// its points stays where it is. Throws a usage error where count is below one or above N.
Tensor kmeans(const Tensor& points, int64_t count, int64_t iterations, const Key& key);

// The numbers of `count` different images, int64 [count]: image i is of class i mod K, so that a stretch of them is as
// balanced as a batch can be. Each class has k-means of its own on normalised pixels, with one centre for each of its
// images, and gives the image nearest to each centre that no other centre has. Throws a usage error that names a class
// with fewer images than that.
Tensor kmeans_images(const Dataset& dataset, const Normalization& normalization, int64_t count, const Key& key,
                     int64_t iterations = 20);

// The same, drawn at random without replacement.
Tensor random_images(const Dataset& dataset, int64_t count, const Key& key);

}  // namespace gtn
