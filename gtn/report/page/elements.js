'use strict';

// Elements are made of texts, never of markup: what a run's files say cannot become a part of the page.
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

const paragraph = (text, kind) => element('p', kind ? {class: kind} : {}, text);

// A number for people: so many digits after the point, large ones with separators; a dash for what is none.
function figure(value, digits = 1) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '–';
  return value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits});
}

// At least two digits that say something, whatever the size.
function brief(value) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '–';
  return value.toLocaleString('en', {maximumSignificantDigits: Math.abs(value) >= 100 ? 6 : 3});
}

const deviation = (accuracy) => `${figure(accuracy.mean)} ± ${figure(accuracy.std)}`;

function duration(seconds) {
  if (typeof seconds !== 'number') return '–';
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

// Whether a cell reads as a number, which stands to the right.
const isNumeric = (text) => /^[-–]?[\d.,]*( ± [\d.,–]+)?( %)?$/.test(text) && text !== '';

function cell(content, tag, attributes = {}) {
  const text = typeof content === 'number' ? brief(content) : String(content ?? '–');
  return element(tag, {class: isNumeric(text) ? 'number' : 'text', ...attributes}, text);
}

// A table that scrolls sideways where it is too wide; with the keyboard, too.
function plainTable(caption, header, rows) {
  const head = header.map((text, column) => {
    const numeric = rows.length > 0 && rows.every((row) => typeof row[column] === 'number' || isNumeric(String(row[column] ?? '–')));
    return element('th', {scope: 'col', class: numeric ? 'number' : 'text'}, text);
  });
  const body = rows.map((row) => element('tr', {}, row.map((content, column) =>
    column === 0 ? cell(content, 'th', {scope: 'row'}) : cell(content, 'td'))));
  return element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
    element('table', {}, element('thead', {}, element('tr', {}, head)), element('tbody', {}, body)));
}

// The same, shown when a person asks for it: beside a chart.
function table(caption, header, rows) {
  return keptOpen(`table ${caption}`, element('details', {}, element('summary', {}, `Table: ${caption}`), plainTable(caption, header, rows)));
}

// What a person has chosen, by the name of the control: it stays when a page that is served shows newer numbers.
const chosen = new Map();

function keptOpen(key, details) {
  key = uniqueKey(key);
  details.open = chosen.get(key) === true;
  details.addEventListener('toggle', () => chosen.set(key, details.open));
  return details;
}

let keysOfPage = new Map();
function uniqueKey(key) {
  const count = (keysOfPage.get(key) || 0) + 1;
  keysOfPage.set(key, count);
  return `${key} #${count}`;
}

// A list to choose from above what `draw` makes of the choice's number.
function choice(label, options, draw) {
  const key = uniqueKey(`choice ${label}`);
  const select = element('select', {}, options.map((text, i) => element('option', {value: i}, text)));
  const place = element('div', {'aria-live': 'polite'});
  const show = () => {
    place.replaceChildren(...draw(Number(select.value)));
    drawCharts();
  };
  select.value = Math.min(chosen.get(key) ?? 0, options.length - 1);
  select.addEventListener('change', () => { chosen.set(key, Number(select.value)); show(); });
  place.replaceChildren(...draw(Number(select.value)));
  return element('div', {}, options.length > 1 ? element('label', {}, label, select) : null, place);
}

// A slider over 0 .. count - 1 above what `draw` makes of its place; `text` says the place in words.
function slider(label, count, text, draw) {
  const key = uniqueKey(`slider ${label}`);
  const input = element('input', {type: 'range', min: 0, max: count - 1, step: 1});
  const output = element('output', {});
  const place = element('div', {});
  const show = () => {
    const at = Number(input.value);
    chosen.set(key, at);
    output.textContent = text(at);
    input.setAttribute('aria-valuetext', text(at));
    place.replaceChildren(...draw(at));
  };
  input.value = Math.min(chosen.get(key) ?? 0, count - 1);
  input.addEventListener('input', show);
  show();
  return element('div', {}, element('label', {}, label, input, output), place);
}
