// Which classes fresh learners take for one another: a table whose cells say more where they are pointed at or have the focus.
const percentOf = (count, sum) => (sum > 0 ? 100 * count / sum : NaN);

// One stop of the Tab key for all cells; from cell to cell go the arrow keys, Home and End. `show(row, column)` is called
// for the cell that has the focus or is pointed at, and first for `start`.
function walkCells(table, cells, start, show) {
  const stopAt = (row, column) => {
    table.querySelector('td[tabindex="0"]')?.setAttribute('tabindex', '-1');
    cells[row][column].setAttribute('tabindex', '0');
    return cells[row][column];
  };
  const place = (target) => {
    const row = cells.findIndex((one) => one.includes(target.closest('td')));
    return row < 0 ? null : [row, cells[row].indexOf(target.closest('td'))];
  };
  table.addEventListener('keydown', (event) => {
    const [row, column] = place(event.target) ?? start;
    const last = cells.length - 1;
    const next = {ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [row, 0], End: [row, last]}[event.key];
    if (!next || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    stopAt(...next.map((i) => Math.min(last, Math.max(0, i)))).focus();
  });
  for (const type of ['focusin', 'mouseover', 'click']) {
    table.addEventListener(type, (event) => {
      const found = place(event.target);
      if (!found) return;
      if (type !== 'mouseover') stopAt(...found);
      show(...found);
    });
  }
  stopAt(...start);
  show(...start);
}

// Examples of a pair, side by side.
function examplesOf(pair) {
  if (!pair?.picture) return null;
  const image = element('img', {src: pair.picture, alt: `${pair.images} test images of ${pair.names[0]} that were taken for ${pair.names[1]}`});
  image.addEventListener('load', () => {
    const {naturalWidth: width, naturalHeight: height} = image;
    image.style.height = `${height * Math.max(1, Math.floor(Math.min(64 / height, 264 / width)))}px`;
  });
  return image;
}

function confusionTable({names, numbers, row_sums: sums, counts, pairs}, title) {
  const percent = (row, column) => percentOf(counts[row][column], sums[row]);
  const most = Math.max(...counts.flatMap((list, row) => list.map((_, column) => (row === column ? 0 : percent(row, column) || 0))));
  const cells = counts.map((list, row) => list.map((count, column) => {
    const share = row === column ? percent(row, column) / 100 : percent(row, column) / most;
    const made = element('td', {tabindex: '-1', class: row === column ? 'right' : 'wrong'},
      figure(count, 0), element('small', {}, count > 0 ? `${figure(percent(row, column))} %` : ''));
    made.style.setProperty('--share', Number.isFinite(share) ? share.toFixed(3) : '0');
    return made;
  }));
  const head = names.map((name) => element('th', {scope: 'col'}, element('span', {}, name)));
  const made = element('table', {role: 'grid', class: 'confusion', 'aria-readonly': 'true', 'aria-label': title},
    element('thead', {}, element('tr', {}, element('td', {}, 'true class ↓ predicted →'), head)),
    element('tbody', {}, cells.map((list, row) => element('tr', {}, element('th', {scope: 'row'}, names[row]), list))));
  const place = element('div', {class: 'confused', 'aria-live': 'polite'});
  const show = (row, column) => {
    const pair = pairs.find((one) => one.true === numbers[row] && one.predicted === numbers[column]);
    const said = row === column ? `${names[row]}, rightly classified` : `${names[row]} taken for ${names[column]}`;
    place.replaceChildren(...[
      paragraph(`${said}: ${figure(counts[row][column], 0)} of ${figure(sums[row], 0)} predictions (${figure(percent(row, column))} %)`),
      examplesOf(pair)].filter(Boolean));
  };
  const first = pairs.map((pair) => [numbers.indexOf(pair.true), numbers.indexOf(pair.predicted)]).find((cell) => !cell.includes(-1));
  walkCells(made, cells, first ?? [0, 0], show);
  return element('div', {}, element('div', {class: 'scroll matrix', role: 'region', 'aria-label': title}, made), place);
}

function confusionParts(confusion, learner, seeds) {
  const {pairs, names} = confusion;
  const pictured = pairs.filter((one) => one.picture);
  const notes = [`Rows are true classes, columns predicted ones: predictions for the whole test split after the last step of the curriculum, ` +
    `summed over the ${figure(seeds, 0)} fresh learners, and percent of the row. Blue is right; orange is wrong, the stronger the larger its share.`];
  if (names.length < confusion.of_classes) notes.push(`The ${names.length} of ${figure(confusion.of_classes, 0)} classes with the most confusions are shown.`);
  return [
    element('h4', {}, 'Confusion matrix'),
    paragraph(notes.join(' ')),
    confusionTable(confusion, `confusion matrix: ${learner}`),
    pictured.length ? element('ol', {class: 'examples'}, pictured.map((pair) => element('li', {}, element('b', {}, pair.names.join(' → ')), examplesOf(pair),
      element('span', {class: 'quiet'}, `${figure(pair.count, 0)} of ${figure(pair.of, 0)} (${figure(percentOf(pair.count, pair.of))} %)`)))) : null,
    pairs.length ? table('most frequent confusions', ['true class', 'predicted', 'predictions', '% of the true class'],
      pairs.map((pair) => [...pair.names, figure(pair.count, 0), figure(percentOf(pair.count, pair.of))])) : null,
  ].filter(Boolean);
}
