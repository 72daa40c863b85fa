// What every part of the page needs: elements, and numbers and hostile text as people read them.
// SPDX-License-Identifier: MIT

const UNSEEN = new RegExp('[\\\\\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e' +
    '\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]', 'g');

// Characters that do not show, or that reverse the reading direction, as \u{N}.
function visible(text) {
  return String(text).replace(UNSEEN, (c) => c === '\\' ? '\\\\'
    : `\\u{${c.codePointAt(0).toString(16).toUpperCase()}}`);
}

// A path of pools, whose marks on ">" are no backslashes of a label's.
function pathWords(path) {
  return path.split(/(?<=^| )\\(?=>)/).map(visible).join('\\');
}

function byId(id) {
  return document.getElementById(id);
}

// An element with the text or the children given; text is never taken for markup.
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function setText(id, text) {
  byId(id).textContent = text;
}

function count(number) {
  return Math.round(number).toLocaleString('en-US');
}

function plural(number, word) {
  return `${count(number)} ${word}${number === 1 ? '' : 's'}`;
}

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

// As the report writes them: units of 1024.
function bytes(number) {
  const units = BYTE_UNITS;
  let unit = 0;
  while (number >= (unit === 0 ? 4096 : 1023.95) && unit < units.length - 1) {
    number /= 1024;
    unit++;
  }
  return `${number.toFixed(unit === 0 && Number.isInteger(number) ? 0 : 1)} ${units[unit]}`;
}
