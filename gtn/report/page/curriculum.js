// The curriculum, step by step.
function curriculumSection(curriculum) {
  const {shown, classes} = curriculum;
  const steps = curriculum.lr.map((_, t) => t + 1);
  const name = (c) => classes[c] ?? `class ${c}`;
  const scale = Math.max(1, Math.floor(40 / curriculum.image_width));
  const row = (one) => {
    if (!one.picture) return element('li', {}, element('b', {}, name(one.class)), element('span', {class: 'quiet'}, 'no image at this step'));
    const image = element('img', {src: one.picture, alt: `${one.images} learned images of ${name(one.class)}`});
    image.style.width = `${scale * (one.images * (curriculum.image_width + 1) - 1)}px`;
    const told = one.label.map(([c, weight]) => `${name(c)} ${figure(weight, 0)} %`).join(', ');
    return element('li', {}, element('b', {}, name(one.class)), image, element('span', {class: 'quiet'}, `label: ${told}`));
  };
  const where = (i) => `step ${shown[i].batch + 1} of ${curriculum.steps}`;
  const notes = [`${curriculum.steps} steps of ${curriculum.batch_images} images, ${curriculum.optimizer}.`];
  if (curriculum.batches < curriculum.steps) notes.push(`Its ${curriculum.batches} batches serve again and again.`);
  if (shown.length < curriculum.batches) notes.push(`${shown.length} of ${curriculum.batches} batches are shown, evenly spaced.`);
  if (curriculum.shown_classes < classes.length) notes.push(`The first ${curriculum.shown_classes} of ${classes.length} classes are shown.`);
  const {mean, least, most} = curriculum.certainty;
  const batches = mean.map((_, t) => t + 1);
  const learned = least.some((value) => value < 99.95);
  return [
    paragraph(notes.join(' ')),
    slider('Step', shown.length, where, (i) => [element('ol', {class: 'batch'}, shown[i].rows.map(row))]),
    element('div', {class: 'charts'},
      chart('Learned step sizes', 'step size and momentum of each step', () => lineChart([
        ...line('step size', 0, steps, curriculum.lr),
        ...line('momentum', 1, steps, curriculum.momentum, {yAxisID: 'right'}),
      ], 'step', 'step size', {scales: {right: axis('momentum', {position: 'right', grid: {drawOnChartArea: false}})}})),
      learned ? chart('Learned labels', 'the largest weight of an image\'s label: mean of a batch, and from least to most', () => lineChart(
        line('largest weight', 2, batches, mean, {low: least, high: most}), 'step', 'weight, %', {y: {suggestedMax: 100}})) : null),
    table('step sizes and labels', ['step', 'step size', 'momentum', 'largest weight of a label, %'],
      steps.map((t, k) => [figure(t, 0), brief(curriculum.lr[k]), brief(curriculum.momentum[k]), figure(mean[k % mean.length])])),
  ];
}
