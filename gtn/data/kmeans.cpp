#include "gtn/data/kmeans.h"

#include <functional>

#include "gtn/core/error.h"

namespace gtn {
namespace {

// Squared distances [N, k] of points from centres, but for the points' own squares: enough to order the centres.
Tensor distances(const Tensor& points, const Tensor& centres) {
  return at::addmm(centres.square().sum(1), points, centres.t(), 1, -2);
}

// Each further centre is a point drawn with a probability that grows as its squared distance from the nearest so far.
Tensor seeds(const Tensor& points, int64_t count, const Key& key) {
  const Tensor squares = points.square().sum(1);
  Tensor chosen = at::empty({count}, at::kLong), nearest;
  for (int64_t i = 0; i < count; ++i) {
    const Key own = key.split(static_cast<uint64_t>(i));
    int64_t pick = own.index(points.size(0));
    if (i > 0) {
      const Tensor sums = nearest.cumsum(0, at::kDouble);
      const double total = scalar(sums[-1]);
      if (total > 0) pick = std::min<int64_t>(sums.le(own.unit() * total).sum().item<int64_t>(), points.size(0) - 1);
    }
    chosen[i] = pick;
    const Tensor centre = points[pick];
    const Tensor distance = at::addmv(squares, points, centre, 1, -2).add_(squares[pick]).clamp_min_(0);
    distance[pick] = 0;  // exactly, so that it is not drawn again while others are left
    nearest = nearest.defined() ? at::minimum(nearest, distance) : distance;
  }
  return points.index_select(0, chosen);
}

// For each class its share of `count`, chosen by choose(class, numbers of its images, share), dealt out class by class.
Tensor by_class(const Dataset& dataset, int64_t count,
                const std::function<Tensor(int64_t, const Tensor&, int64_t)>& choose) {
  const int64_t classes = dataset.classes();
  if (count < 1) throw usage_error("images", "at least one must be chosen, not " + std::to_string(count));
  Tensor chosen = at::empty({count}, at::kLong);
  for (int64_t k = 0; k < std::min(classes, count); ++k) {
    const Tensor own = at::nonzero(dataset.labels == k).flatten();
    const int64_t share = (count - k + classes - 1) / classes;
    if (own.numel() < share)
      throw usage_error(dataset.name, "class '" + dataset.class_names[static_cast<size_t>(k)] + "' has " +
                                          std::to_string(own.numel()) + " images, but " + std::to_string(share) +
                                          " were to be chosen; choose fewer");
    chosen.slice(0, k, count, classes).copy_(choose(k, own, share));
  }
  return chosen;
}

// The points nearest to the centres, one each: a point that an earlier centre took is left out.
Tensor nearest_points(const Tensor& points, const Tensor& centres) {
  Tensor from = distances(points, centres).t().contiguous().add_(points.square().sum(1));  // [k, N]
  Tensor chosen = at::empty({centres.size(0)}, at::kLong);
  for (int64_t i = 0; i < centres.size(0); ++i) {
    const int64_t point = from[i].argmin().item<int64_t>();
    chosen[i] = point;
    from.select(1, point).fill_(INFINITY);
  }
  return chosen;
}

}  // namespace

Tensor kmeans(const Tensor& points, int64_t count, int64_t iterations, const Key& key) {
  const NoGrad no_grad;
  if (count < 1 || count > points.size(0))
    throw usage_error("k-means", std::to_string(count) + " clusters of " + std::to_string(points.size(0)) +
                                     " points are not possible; ask for 1 to " + std::to_string(points.size(0)));
  Tensor centres = seeds(points, count, key), owner;
  for (int64_t i = 0; i < iterations; ++i) {
    const Tensor next = distances(points, centres).argmin(1);
    if (owner.defined() && at::equal(next, owner)) break;
    owner = next;
    const Tensor members = at::one_hot(owner, count).to(points.scalar_type());  // [N, k]
    const Tensor sizes = members.sum(0).unsqueeze(1);                           // [k, 1]
    centres = at::where(sizes > 0, at::mm(members.t(), points) / sizes.clamp_min(1), centres);
  }
  return centres;
}

Tensor kmeans_images(const Dataset& dataset, const Normalization& normalization, int64_t count, const Key& key,
                     int64_t iterations) {
  return by_class(dataset, count, [&](int64_t k, const Tensor& own, int64_t share) {
    const Tensor points = normalization.apply(dataset.images.index_select(0, own)).flatten(1).contiguous();
    const Tensor centres = kmeans(points, share, iterations, key.split(static_cast<uint64_t>(k)));
    return own.index_select(0, nearest_points(points, centres));
  });
}

Tensor random_images(const Dataset& dataset, int64_t count, const Key& key) {
  return by_class(dataset, count, [&](int64_t k, const Tensor& own, int64_t share) {
    return own.index_select(0, key.split(static_cast<uint64_t>(k)).permutation(own.numel()).narrow(0, 0, share));
  });
}

}  // namespace gtn
