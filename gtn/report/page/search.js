// Candidates, their scores and their costs.
const points = (list, x, y) => list.filter((one) => Number.isFinite(one[x]) && Number.isFinite(one[y]))
  .map((one) => ({x: one[x], y: one[y], name: one.genotype}));

const dots = (name, i, data, more = {}) => ({...seriesStyle(i), label: name, series: name, data, pointRadius: 4, pointHoverRadius: 7, ...more});

function trustCharts(search) {
  const judged = search.candidates.filter((one) => Number.isFinite(one.truth));
  if (judged.length === 0) return [];
  return [chart('How far estimates can be trusted', 'the score, and accuracy after training on real data', () => scatterChart([
    dots(search.estimator === 'teacher' ? 'curriculum' : search.estimator, 0, points(judged, 'score', 'truth')),
    ...(judged.some((one) => Number.isFinite(one.real)) ? [dots('as many steps on real data', 1, points(judged, 'real', 'truth'))] : []),
  ], 'estimate, %', 'trained on real data, %'))];
}

function paretoChart(search, cost, title) {
  const front = search.candidates.filter((one) => one.pareto).sort((a, b) => a[cost] - b[cost]);
  return chart(`Score against ${title}`, 'candidates that no other beats in every objective are marked', () => scatterChart([
    dots('Pareto front', 1, points(front, cost, 'score'), {pointRadius: 6}),
    dots('candidates', 0, points(search.candidates.filter((one) => !one.pareto), cost, 'score')),
  ], title, 'score, %', {x: {type: 'logarithmic'}}));
}

function progressChart(search) {
  let best = -Infinity;
  const rising = search.candidates.map((one) => (best = Math.max(best, one.score)));
  const numbers = search.candidates.map((_, i) => i + 1);
  return chart('The search', 'score of each candidate in the order of trial, and the best so far', () => lineChart([
    ...line('best so far', 0, numbers, rising, {stepped: true, pointRadius: 0}),
    ...line('candidate', 5, numbers, search.candidates.map((one) => one.score), {showLine: false, pointRadius: 3}),
  ], 'candidate', 'score, %'));
}

// Where training goes on to rise and validation does not, the network learns what does not carry over.
function learningChart(search) {
  const curves = search.trained.filter((one) => one.curve?.length > 0).sort((a, b) => b.score - a.score);
  const best = curves.find((one) => one.genotype === search.winner?.genotype) ?? curves[0];
  if (!best) return [];
  const steps = best.curve.map((point) => point.steps);
  return [chart('The best on real data', `accuracy on the first images that it is trained on, and on the first of the validation split: ${best.genotype}`, () => lineChart([
    ...line('training', 1, steps, best.curve.map((point) => point.train)),
    ...line('validation', 0, steps, best.curve.map((point) => point.validation)),
  ], 'steps of training', 'accuracy, %'))];
}

function winnerParts(winner) {
  return [
    element('h4', {}, 'The winner'),
    paragraph(`${winner.genotype}: ${figure(winner.test, 2)} % on the test split, which was read for it alone.`),
    winner.picture ? element('img', {class: 'winner', src: winner.picture, alt: `The winner's graph: ${winner.learner}`}) : null,
    ...(winner.missing ?? []).map((text) => paragraph(`No picture: ${text}`, 'quiet')),
    element('pre', {tabindex: '0'}, winner.learner),
  ];
}

function trustParts(calibration) {
  if (!calibration || !Array.isArray(calibration.rankings)) return [];
  return [
    paragraph(String(calibration.advice ?? '')),
    plainTable('how well rankings agree with training on real data', ['ranking by', 'Spearman', '95 % interval', 'Kendall', '95 % interval', 'seconds each'],
      calibration.rankings.map((row) => [row.name, figure(row.spearman, 2), `${figure(row.spearman_low, 2)} to ${figure(row.spearman_high, 2)}`,
        figure(row.kendall, 2), `${figure(row.kendall_low, 2)} to ${figure(row.kendall_high, 2)}`, figure(row.seconds, 1)])),
  ];
}

function rankedBy(combination) {
  if (!combination) return [];
  const weights = Object.entries(combination).map(([name, weight]) => `${name.replaceAll('_', ' ')} ${figure(weight, 2)}`);
  return [paragraph(`Ranked by a sum of ranks, with the weights ${weights.join(', ')}.`)];
}

function searchSection(search) {
  const {candidates} = search;
  const seconds = candidates.reduce((sum, one) => sum + one.seconds, 0);
  const header = ['genotype', 'score, %', 'steps', 'parameters', 'multiply-adds', 'Pareto', 'trained on real data, %', 'time'];
  const ranked = [...candidates].sort((a, b) => a.rank - b.rank || b.steps - a.steps);
  const cells = (one) => [one.genotype, figure(one.score), figure(one.steps, 0), figure(one.parameters, 0), figure(one.multiply_adds, 0),
    one.pareto ? 'yes' : '', figure(one.final ?? one.truth), duration(one.seconds)];
  const costs = [['parameters', 'parameters'], ['multiply_adds', 'multiply-adds'], ['latency', 'milliseconds for an image']];
  return [
    paragraph(`${candidates.length} of ${figure(search.planned, 0)} candidates of ${search.space} are scored, in ${duration(seconds)} of one core; ` +
      `${search.failed.length} have no score, ${search.open} trials are open. Objectives: ${search.objectives.join(', ')}.`),
    ...(candidates.length === 0 ? [] : [
      element('div', {class: 'charts'}, progressChart(search), ...trustCharts(search), ...learningChart(search),
        ...costs.filter(([key]) => candidates.some((one) => Number.isFinite(one[key]))).map(([key, title]) => paretoChart(search, key, title))),
      ...trustParts(search.calibration),
      ...rankedBy(search.combination),
      table('candidates, the best first', header, ranked.map(cells)),
    ]),
    search.trained.length ? plainTable('trained on real data', ['trained on real data', 'validation, %', 'parameters', 'time'],
      [...search.trained].sort((a, b) => b.score - a.score).map((one) => [one.genotype, figure(one.score, 2), figure(one.parameters, 0), duration(one.seconds)])) : null,
    search.failed.length ? table('candidates without a score', ['genotype', 'why'], search.failed.map((one) => [one.genotype, one.fault ?? 'diverged'])) : null,
    ...(search.winner ? winnerParts(search.winner) : []),
  ];
}
