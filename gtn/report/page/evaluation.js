// Fresh learners on the curriculum and on real data.
const curveNames = {synthetic: 'curriculum', synthetic_plain: 'curriculum, its own step sizes', real: 'real data'};
const curveName = (name) => curveNames[name] ?? name.replaceAll('_', ' ');

function learnerTitle(row) {
  return (row.teacher ? `teacher ${row.teacher}: ` : '') + (row.learner ?? 'learner');
}

function curvesChart(row) {
  const datasets = row.curves.filter((one) => Array.isArray(one.curve)).flatMap((one, i) => {
    const spread = Array.isArray(one.curve_std) ? one.curve_std : [];
    return line(curveName(one.name), i, one.curve.map((_, t) => t), one.curve, {
      low: one.curve.map((value, t) => value - (spread[t] ?? 0)),
      high: one.curve.map((value, t) => value + (spread[t] ?? 0)),
    });
  });
  return lineChart(datasets, 'steps of training', 'accuracy, %');
}

function speedupText(speedup) {
  const bound = {at_least: 'at least ', at_most: 'at most '}[speedup.bound] ?? '';
  return `Real data needs ${bound}${figure(speedup.real_steps_for_equal, 0)} steps for the same accuracy, ${bound}${figure(speedup.ratio)} times as many.`;
}

function robustnessParts(rows) {
  const label = (row) => `${row.disturbance ?? ''} ${brief(row.amount)}`;
  const series = ['synthetic', 'real'].map((name) => ({
    name: curveName(name), values: rows.map((row) => row.accuracies.find((one) => one.name === name)?.mean ?? null)}));
  return [
    chart('Robustness', 'accuracy on disturbed test images, in %', () => barChart(rows.map(label), series, 'accuracy, %'), `${6 + 2.5 * rows.length}rem`),
    table('robustness', ['disturbance', ...series.map((one) => one.name)], rows.map((row, i) => [label(row), ...series.map((one) => figure(one.values[i]))])),
  ];
}

function learnerParts(row) {
  if (row.fault) return [paragraph(row.fault, 'warn')];
  const finals = (list) => list.map((one) => [curveName(one.name), deviation(one), figure(one.images ?? row.images, 0)]);
  const header = ['trained on', 'accuracy, %', 'images'];
  return [
    paragraph(`Test accuracy after ${figure(row.steps, 0)} steps of ${figure(row.batch, 0)} images: mean and deviation of ${figure(row.seeds, 0)} fresh learners, measured in ${duration(row.seconds)}.`),
    row.speedup ? paragraph(speedupText(row.speedup)) : null,
    chart(`Accuracy after every step: ${learnerTitle(row)}`, `band: one standard deviation; on ${figure(row.curve_images, 0)} test images`, () => curvesChart(row)),
    plainTable('accuracy at the end', header, finals(row.curves)),
    ...(row.confusion ? confusionParts(row.confusion, learnerTitle(row), row.seeds) : []),
    row.to_end?.length ? table('trained to the end on a set of images', header, finals(row.to_end)) : null,
    row.order?.length ? table('the curriculum in another order', header.slice(0, 2), row.order.map((one) => [curveName(one.name), deviation(one)])) : null,
    ...(row.robustness?.length ? robustnessParts(row.robustness) : []),
    row.learner_text && row.learner_text !== row.learner ? paragraph(`The learner: ${row.learner_text}`, 'quiet') : null,
  ].filter(Boolean);
}

// Every learner beside every other: where an evaluation has a matrix, or several learners.
function matrixParts(evaluation) {
  const of = (row, name) => row.curves.find((one) => one.name === name)?.mean;
  const rows = evaluation.matrix.length ? evaluation.matrix : evaluation.rows.map((row) => ({
    learner: learnerTitle(row), synthetic: of(row, 'synthetic'), real: of(row, 'real'), gain: of(row, 'synthetic') - of(row, 'real'), fault: row.fault}));
  if (rows.length < 2) return [];
  const measured = rows.filter((row) => !row.fault);
  const names = [...new Set(measured.flatMap((row) => Object.keys(row)))].filter((name) => !['learner', 'fault'].includes(name));
  return [
    element('h4', {}, 'Across architectures'),
    chart('One teacher, many architectures', 'accuracy at the end, in %', () => barChart(measured.map((row) => row.learner),
      ['synthetic', 'real'].map((name) => ({name: curveName(name), values: measured.map((row) => row[name])})), 'accuracy, %'), `${6 + 2.5 * measured.length}rem`),
    plainTable('across architectures', ['learner', ...names.map(curveName), 'fault'].slice(0, rows.length > measured.length ? undefined : -1),
      rows.map((row) => [row.learner, ...names.map((name) => figure(row[name])), ...(rows.length > measured.length ? [row.fault ?? ''] : [])])),
  ];
}

function evaluationSection(evaluation) {
  return [
    choice('Learner', evaluation.rows.map(learnerTitle), (i) => learnerParts(evaluation.rows[i])),
    ...matrixParts(evaluation),
  ];
}
