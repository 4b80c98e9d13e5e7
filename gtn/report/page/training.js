// The course of a training.
function trainingSection(training) {
  const {iteration, validation} = training;
  const parts = [chart('Loss of taught learners on real data', 'each meta-iteration, and smoothed', () => lineChart([
    ...line('smoothed', 0, iteration, training.smooth),
    ...line('each', 5, iteration, training.loss, {borderWidth: 1, pointRadius: 0}),
  ], 'meta-iteration', 'loss'))];
  if (validation.length > 0) {
    parts.push(chart('Accuracy of fresh learners on the validation split', 'mean of several, in %', () => lineChart(
      line('validation', 0, validation.map(([x]) => x), validation.map(([, y]) => y)), 'meta-iteration', 'accuracy, %', {x: {min: 0}})));
  }
  parts.push(chart('Norm of the meta-gradient', 'each meta-iteration, before it is clipped', () => lineChart(
    line('norm', 3, iteration, training.gradient_norm, {borderWidth: 1, pointRadius: 0}), 'meta-iteration', 'norm', {y: {type: 'logarithmic'}})));
  const notes = [`${figure(training.done, 0)} of ${figure(training.planned, 0)} meta-iterations, ${training.rolled_back.length} rolled back.`];
  if (validation.length > 0) {
    const best = validation.reduce((a, b) => (b[1] > a[1] ? b : a));
    notes.push(`Validation: ${figure(validation.at(-1)[1])} % at the last look, ${figure(best[1])} % at the best (meta-iteration ${figure(best[0], 0)}).`);
  }
  return [
    paragraph(notes.join(' ')),
    element('div', {class: 'charts'}, parts),
    validation.length > 0 ? table('validation accuracy', ['meta-iteration', 'accuracy, %'], validation.map(([x, y]) => [figure(x, 0), figure(y)])) : null,
    training.learners.length > 1 && training.learners.length <= 200
      ? table('learners that taught it', ['learner', 'times', 'mean loss of its last quarter'],
        training.learners.map((one) => [one.learner, figure(one.taught, 0), figure(one.loss, 3)]))
      : null,
  ];
}
