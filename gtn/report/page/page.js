// The page: its runs side by side, then one by one.
const sections = [
  ['evaluation', 'Evaluation', evaluationSection],
  ['training', 'Training', trainingSection],
  ['search', 'Search', searchSection],
  ['study', 'Study of estimators', studySection],
  ['curriculum', 'Curriculum', curriculumSection],
];

// One section, or why it cannot be shown: numbers of another shape than expected do not take the page with them.
function shownSection(title, make, data) {
  const before = planned.length;
  try {
    return element('section', {}, element('h3', {}, title), make(data));
  } catch (error) {
    planned.length = before;
    return element('section', {}, element('h3', {}, title), paragraph(`This part cannot be shown: ${error.message}`, 'warn'));
  }
}

function againParts(run) {
  const parts = [];
  if (run.commands.length) parts.push(element('h3', {}, 'Again'), element('pre', {tabindex: '0'}, run.commands.join('\n')));
  if (run.config) {
    const link = element('a', {download: 'config.toml', href: `data:text/plain;charset=utf-8,${encodeURIComponent(run.config.toWellFormed?.() ?? run.config)}`}, 'Save config.toml');
    parts.push(keptOpen('config', element('details', {}, element('summary', {}, 'Configuration'), link, element('pre', {tabindex: '0'}, run.config))));
  }
  return parts;
}

// "Training, complete"; with the run's name where there are several.
function runTitle(run, alone) {
  const state = `${run.kind}, ${run.state}`;
  return alone ? [state[0].toUpperCase() + state.slice(1)] : [`${run.name} `, element('small', {class: 'quiet'}, state)];
}

function runArticle(run, i, {length}) {
  const facts = run.facts.map(([what, value]) => element('tr', {}, element('th', {scope: 'row'}, what), element('td', {class: 'text'}, value)));
  return element('article', {id: `run-${i + 1}`, 'aria-labelledby': `name-${i + 1}`},
    element('h2', {id: `name-${i + 1}`}, runTitle(run, length === 1)),
    run.missing.map((text) => paragraph(`Not here: ${text}`, 'warn')),
    element('table', {class: 'facts'}, element('tbody', {}, facts)),
    sections.filter(([key]) => run[key]).map(([key, title, make]) =>
      shownSection(key === 'curriculum' && (run.search || run.study) ? 'The curriculum of its teacher' : title, make, run[key])),
    againParts(run));
}

function besideCharts(runs) {
  const trained = runs.filter((run) => run.training?.validation.length > 0);
  const judged = runs.filter((run) => run.evaluation);
  const parts = [];
  if (judged.length > 1) {
    parts.push(chart('Accuracy after every step', 'mean of the first learner of each, solid on the curriculum, dashed on real data', () => lineChart(
      judged.flatMap((run, i) => run.evaluation.rows[0].curves.filter((one) => one.name in {synthetic: 1, real: 1} && Array.isArray(one.curve)).flatMap((one) =>
        line(`${run.name}, ${curveName(one.name)}`, i, one.curve.map((_, t) => t), one.curve, {borderDash: one.name === 'real' ? [6, 4] : [], pointRadius: 0}))),
      'steps of training', 'accuracy, %')));
  }
  if (trained.length > 1) {
    parts.push(chart('Validation while they were trained', 'accuracy of fresh learners, in %', () => lineChart(
      trained.flatMap((run, i) => line(run.name, i, run.training.validation.map(([x]) => x), run.training.validation.map(([, y]) => y), {pointRadius: 0})),
      'meta-iteration', 'accuracy, %', {x: {min: 0}})));
  }
  return parts;
}

function besideSection(runs) {
  const row = (run) => {
    const curves = run.evaluation?.rows[0]?.curves ?? [];
    const of = (name) => { const one = curves.find((curve) => curve.name === name); return one ? deviation(one) : '–'; };
    const last = run.training?.validation.at(-1)?.[1];
    return [run.name, run.kind, run.state, of('synthetic'), of('real'), figure(last), figure(run.search?.winner?.test, 2)];
  };
  const header = ['name', 'kind', 'state', 'on the curriculum, %', 'on real data, %', 'last validation, %', 'winner on the test split, %'];
  const rows = runs.map(row);
  const told = header.map((_, column) => rows.some((one) => one[column] !== '–'));
  const ofTold = (list) => list.filter((_, column) => told[column]);
  return [
    element('div', {class: 'charts'}, besideCharts(runs)),
    plainTable('all of them', ofTold(header), rows.map(ofTold)),
  ];
}

function show(data) {
  forgetCharts();
  keysOfPage = new Map();
  applyTheme();
  const {runs} = data;
  const links = runs.map((run, i) => element('li', {}, element('a', {href: `#run-${i + 1}`}, run.name)));
  document.getElementById('head').replaceChildren(
    element('h1', {}, data.title), paragraph(data.program, 'quiet'),
    ...(runs.length > 1 ? [element('nav', {'aria-label': 'Runs'}, element('ul', {}, links))] : []));
  const height = window.scrollY;
  document.getElementById('content').replaceChildren(
    ...(runs.length > 1 ? [shownSection('Side by side', besideSection, runs)] : []), ...runs.map(runArticle));
  drawCharts();
  window.scrollTo(0, height);
}

let shownText = document.getElementById('data').textContent;
show(JSON.parse(shownText));
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => show(JSON.parse(shownText)));

// A page that is served asks for newer numbers, and says where nobody answers any more.
async function follow() {
  const state = element('p', {class: 'quiet', role: 'status'}, 'Following what is written.');
  document.querySelector('footer').prepend(state);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    try {
      const answer = await fetch('data.json');
      const text = await answer.text();
      if (!answer.ok) throw new Error(text);
      state.textContent = 'Following what is written.';
      if (text !== shownText) show(JSON.parse(shownText = text));
    } catch (error) {
      state.textContent = `Not followed any more: ${error.message}`;
    }
  }
}
if (document.body.dataset.kind === 'served') follow();
