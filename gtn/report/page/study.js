// How well estimators rank architectures whose truth is known.
const isTrained = (estimator) => estimator.rows.length > 1 || estimator.rows[0]?.steps > 0;

function correlationChart(study) {
  const steps = study.estimators.filter(isTrained).flatMap((one) => one.rows.map((row) => row.steps));
  const ends = steps.length ? [Math.min(...steps), Math.max(...steps)] : [1, 2];
  const datasets = study.estimators.flatMap((one, i) => {
    const of = (key) => one.rows.map((row) => row[key]);
    if (isTrained(one)) return line(one.name, i, of('steps'), of('spearman'), {low: of('low'), high: of('high')});
    return line(one.name, i, ends, [of('spearman')[0], of('spearman')[0]], {borderDash: [2, 3], pointRadius: 0});
  });
  const config = lineChart(datasets, 'steps of a candidate', 'Spearman with the truth', {x: {type: 'logarithmic'}});
  config.options.interaction = {mode: 'nearest', intersect: false};
  return config;
}

function estimateChart(study, estimator) {
  const scores = estimator.scores.at(-1) ?? [];
  const data = study.genotypes.map((name, i) => ({x: scores[i], y: study.truth[i], name})).filter((one) => Number.isFinite(one.x) && Number.isFinite(one.y));
  return scatterChart([{...seriesStyle(0), label: estimator.name, series: estimator.name, data, pointRadius: 4, pointHoverRadius: 7}],
    `estimate by ${estimator.name}`, 'trained on real data, %');
}

function studySection(study) {
  const rows = study.estimators.flatMap((one) => one.rows.map((row) => [one.name, figure(row.steps, 0), figure(row.with_tuning, 0), figure(row.seconds, 2),
    figure(row.spearman, 3), `${figure(row.low, 2)} to ${figure(row.high, 2)}`, figure(row.kendall, 3), figure(row.top_half, 3), figure(row.regret, 2)]));
  const bound = (speedup) => speedup.at_least ? 'more than ' : '';
  return [
    paragraph(`${study.genotypes.length} architectures of ${study.space} on ${study.dataset}; truth: test accuracy after ` +
      `${figure(study.truth_steps, 0)} steps on real data, ${duration(study.truth_seconds)} each.`),
    ...study.speedups.map((one) => paragraph(`Real data needs ${bound(one)}${figure(one.steps)} times the steps and ${bound(one)}${figure(one.seconds)} times the seconds for the rank correlation of ${one.name}.`)),
    study.combinations ? plainTable('sums of ranks; where weights are moved by truths, judged on the other architectures',
      ['sum of the ranks by', 'weights', 'Spearman', '95 % interval', 'top half', 'regret at 5'],
      study.combinations.map((one) => [one.of, one.known === 0 ? 'equal' : `after ${one.known} truths`, figure(one.spearman, 3),
        `${figure(one.spearman_low, 2)} to ${figure(one.spearman_high, 2)}`, figure(one.top_half_spearman, 3), figure(one.regret_at_5, 2)])) : null,
    chart('Rank correlation against steps', 'band: 95 % interval; dotted: estimators that train nothing', () => correlationChart(study), '26rem'),
    table('estimators', ['estimator', 'steps', 'with tuning', 'seconds', 'Spearman', '95 % interval', 'Kendall', 'top half', 'regret at 5'], rows),
    ...study.tuning.split('\n').filter(Boolean).map((one) => paragraph(`With tuning: ${one}.`)),
    choice('Estimator', study.estimators.map((one) => one.name), (i) => [
      chart(`Estimate against truth: ${study.estimators[i].name}`, 'one point an architecture, after all of its steps', () => estimateChart(study, study.estimators[i]))]),
    table('architectures', ['genotype', 'truth, %', ...study.estimators.map((one) => one.name)],
      study.genotypes.map((name, k) => [name, figure(study.truth[k], 2), ...study.estimators.map((one) => brief(one.scores.at(-1)?.[k]))])),
  ];
}
