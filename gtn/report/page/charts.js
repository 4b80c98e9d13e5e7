// Charts by Chart.js. A chart is planned as a figure, and drawn once the figure has a place on the page.

// Okabe and Ito's colours, which colour-blind people tell apart; then the same, dashed. The last is the ink's own.
const colours = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9'];
const marks = ['circle', 'triangle', 'rect', 'rectRot', 'star', 'cross'];

const inkOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colourOf = (i) => (i % 7 === 6 ? inkOf('--ink') : colours[i % 7]);
const seriesStyle = (i) => ({
  borderColor: colourOf(i),
  backgroundColor: colourOf(i),
  borderDash: i >= 7 ? [6, 4] : [],
  pointStyle: marks[i % marks.length],
  borderWidth: 2,
});

let planned = [];
let drawn = [];

// A figure with a title and a canvas that `config()`, of Chart.js, is drawn on; `says` is for people who do not see it.
function chart(title, says, config, height) {
  const canvas = element('canvas', {role: 'img', 'aria-label': `${title}. ${says}`, tabindex: '0'});
  planned.push({canvas, config});
  const frame = element('div', {class: height ? 'chart tall' : 'chart'}, canvas);
  if (height) frame.style.setProperty('--height', height);
  return element('figure', {}, element('figcaption', {}, title, element('small', {}, says)), frame);
}

function drawCharts() {
  drawn = drawn.filter((one) => one.canvas?.isConnected || (one.destroy(), false));
  for (const {canvas, config} of planned.splice(0)) {
    const made = new Chart(canvas, config());
    followKeys(canvas, made);
    drawn.push(made);
  }
}

function forgetCharts() {
  for (const one of drawn) one.destroy();
  drawn = [];
  planned = [];
}

// The arrow keys walk over the points of a chart as a mouse does.
function followKeys(canvas, made) {
  let at = -1;
  canvas.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    const shown = made.data.datasets.map((set, i) => ({set, i})).filter(({set, i}) => !set.band && made.isDatasetVisible(i));
    const together = made.options.interaction.mode === 'index';
    const places = together
      ? Array.from({length: Math.max(0, ...shown.map(({set}) => set.data.length))}, (_, index) =>
        shown.filter(({set}) => index < set.data.length).map(({i}) => ({datasetIndex: i, index})))
      : shown.flatMap(({set, i}) => set.data.map((_, index) => [{datasetIndex: i, index}]));
    if (places.length === 0) return;
    at = Math.min(places.length - 1, Math.max(0, at + step));
    made.setActiveElements(places[at]);
    made.tooltip.setActiveElements(places[at], {x: 0, y: 0});
    made.update();
  });
}

function applyTheme() {
  Chart.defaults.color = inkOf('--ink');
  Chart.defaults.borderColor = inkOf('--rule');
  Chart.defaults.font.family = 'system-ui, sans-serif';
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
}

const axis = (title, more = {}) => ({title: {display: true, text: title}, ticks: {maxTicksLimit: 8}, ...more});

// Its own and its band's datasets go and come together.
function toggleSeries(event, item, legend) {
  const made = legend.chart;
  const {series} = made.data.datasets[item.datasetIndex];
  const visible = made.isDatasetVisible(item.datasetIndex);
  made.data.datasets.forEach((set, i) => { if (set.series === series) made.setDatasetVisibility(i, !visible); });
  made.update();
}

const plugins = (label, datasets) => ({
  legend: {
    display: new Set(datasets.map((set) => set.series)).size > 1,
    labels: {usePointStyle: true, boxHeight: 6, filter: (item, data) => !data.datasets[item.datasetIndex].band},
    onClick: toggleSeries,
  },
  tooltip: {filter: (item) => !item.dataset.band, callbacks: label ? {label} : {}},
});

// One line, and where `low` and `high` are given the band between them. Values that are null leave a gap.
function line(name, i, xs, ys, {low, high, ...more} = {}) {
  const points = (values) => xs.map((x, k) => ({x, y: values[k] ?? null}));
  const style = {...seriesStyle(i), series: name, pointRadius: xs.length > 40 ? 0 : 2, pointHoverRadius: 5};
  const edge = {...style, band: true, borderWidth: 0, pointRadius: 0, pointHoverRadius: 0, backgroundColor: `${colourOf(i)}2e`};
  const lines = [{...style, label: name, data: points(ys), ...more}];
  if (low && high) lines.push({...edge, label: '', data: points(low)}, {...edge, label: '', data: points(high), fill: '-1'});
  return lines;
}

const lineChart = (datasets, x, y, more = {}) => ({
  type: 'line',
  data: {datasets},
  options: {
    interaction: {mode: 'index', intersect: false},
    plugins: plugins((item) => `${item.dataset.label}: ${brief(item.parsed.y)}`, datasets),
    scales: {x: axis(x, {type: 'linear', bounds: 'data', ...more.x}), y: axis(y, more.y), ...more.scales},
  },
});

// Points {x, y, name}; `name` shows where a person points at one.
const scatterChart = (datasets, x, y, more = {}) => ({
  type: 'scatter',
  data: {datasets},
  options: {
    interaction: {mode: 'nearest', intersect: false},
    plugins: plugins((item) => [item.raw.name, `${x}: ${brief(item.parsed.x)}`, `${y}: ${brief(item.parsed.y)}`], datasets),
    scales: {x: axis(x, more.x), y: axis(y, more.y)},
  },
});

// Bars side by side, a group for each label, from left to right.
function barChart(labels, series, x) {
  const datasets = series.map(({name, values}, i) => ({...seriesStyle(i), label: name, series: name, data: values}));
  return {
    type: 'bar',
    data: {labels, datasets},
    options: {
      indexAxis: 'y',
      interaction: {mode: 'index', axis: 'y', intersect: false},
      plugins: plugins((item) => `${item.dataset.label}: ${brief(item.parsed.x)}`, datasets),
      scales: {x: axis(x, {beginAtZero: true}), y: {ticks: {autoSkip: false}}},
    },
  };
}
