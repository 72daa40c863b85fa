// What a finding is, in words.
// SPDX-License-Identifier: MIT

const PARTS_BY_THEMSELVES = 8; // as finding_parts.h
const CHAIN_FRAMES = 3;

function baseName(path) {
  return path.replace(/.*\//, '');
}

// As the report's `where` has it: file and line, or module and function.
function frameWhere(frame) {
  if (frame.file) {
    return `${baseName(frame.file)}:${frame.line}`;
  }
  const module = frame.module || '?';
  return frame.function ? `${module}!${frame.function}` : `${module}+0x${frame.offset.toString(16)}`;
}

function frameName(frame) {
  return frame.function || `${frame.module || '?'}+0x${frame.offset.toString(16)}`;
}

// The backtrace that tells the finding from others.
function culpritStack(finding) {
  return finding.stack.length ? finding.stack : finding.pool.created;
}

// The index of the frame to blame; 0 where it is not in the backtrace.
function blamedFrame(finding, stack) {
  return Math.max(0, stack.findIndex((frame) => frameWhere(frame) === finding.where));
}

// The blamed frame and who called it, innermost first.
function chainWords(finding, stack, callers = CHAIN_FRAMES - 1) {
  const first = blamedFrame(finding, stack);
  const frames = stack.slice(first, first + 1 + callers);
  return frames.map(frameName).join(' < ') || '(not known)';
}

// By which way the program comes there: the callers, as the blamed frame is the same in all ways.
function wayWords(finding, place) {
  const [own, ...callers] = chainWords(finding, place.stack, CHAIN_FRAMES).split(' < ');
  return callers.join(' < ') || own;
}

// "proftpd!pr_event_register", "leak_subpool fault.c:26"; with callers until no other card says
// the same.
function cardTitle(finding) {
  const stack = culpritStack(finding);
  const frame = stack[blamedFrame(finding, stack)];
  if (!frame || frameWhere(frame) !== finding.where) {
    return finding.where || '(not known)';
  }
  const callers = callersToTell(finding);
  const chain = callers ? ` < ${chainWords(finding, stack, callers).split(' < ').slice(1).join(' < ')}` : '';
  return (frame.file && frame.function ? `${frame.function} ${finding.where}` : finding.where) + chain;
}

const MOST_CALLERS = 6;

// With how many callers no other finding of the same pool is the same.
function callersToTell(finding) {
  const rivals = data.report.findings.filter((other) => other !== finding &&
    other.where === finding.where && poolWords(other) === poolWords(finding));
  for (let callers = 0; callers < MOST_CALLERS; callers++) {
    const own = chainWords(finding, culpritStack(finding), callers);
    if (rivals.every((other) => chainWords(other, culpritStack(other), callers) !== own)) {
      return callers;
    }
  }
  return 0;
}

function poolWords(finding) {
  return finding.pool.role || finding.pool.tag || '(no name)';
}

// "command OPTS": which of them grew, where one label has them.
function unitWords(growth) {
  return growth.label ? `${wordOf(growth.unit)} ${visible(growth.label)}` : wordOf(growth.unit);
}

function growthWords(finding) {
  const growth = finding.per_unit;
  const per = growth.bytes ? `+${bytes(growth.bytes)}` : `+${growth.count}`;
  if (finding.rule === 'growing-in-unit') {
    return `${per} in one ${unitWords(growth)}`;
  }
  return `${per} per ${unitWords(growth)}, in ${growth.grew} of ${growth.units}`;
}

// "all 300 OPTS, none of 4,000 others"
function labelWords(growth) {
  if (!growth || !growth.label_units) {
    return '';
  }
  const units = growth.label_units;
  const others = units.others
    ? `, ${units.others_grew ? count(units.others_grew) : 'none'} of ${count(units.others)} others`
    : '';
  return `${count(units.grew)} of ${count(units.units)} ${visible(growth.label)}${others}`;
}

// What is held is read from the blocks, or else estimated.
function heldWords(held, estimated) {
  return `${estimated ? 'about ' : ''}${bytes(held)}`;
}

function holdsWords(finding) {
  if (!finding.peak_bytes) {
    return '';
  }
  const end = finding.held_bytes < finding.peak_bytes
    ? `, ${bytes(finding.held_bytes)} in the end` : '';
  const peak = heldWords(finding.peak_bytes, finding.held_estimated);
  return `${peak} for ${bytes(finding.bytes)} asked for${end}`;
}

function stopWords(finding) {
  if (!finding.stops_at) {
    return '';
  }
  return finding.rule === 'leaked-subpool' ? plural(finding.stops_at, 'pool')
    : bytes(finding.stops_at);
}

// What was touched that must not be.
function accessWords(finding) {
  const {access} = finding;
  const of = access.size === null ? 'the pool' : bytes(access.size);
  const times = finding.count > 1 ? `, ${count(finding.count)} times` : '';
  return `${access.write ? 'written' : 'read'} at byte ${access.offset} of ${of}${times}`;
}

function crashWords(crash) {
  const words = [crash.signal];
  if (crash.address) {
    words.push(`at ${crash.address}${crash.offset === null ? '' : ', which is or was in a pool'}`);
  }
  if (crash.handled) {
    words.push(crash.went_on ? '(handled: it went on)' : '(with a handler)');
  }
  return words.join(' ');
}

// What the finding's number counts, as the report says it.
const COUNTED = {'alive-at-exit': 'pool', 'lifetime-contract': 'pool', 'dangling-pointer': 'pointer',
  'use-after-destroy': 'use', 'double-destroy': 'time'};

function countWords(finding) {
  const pools = finding.rule.endsWith('subpool') ||
    findingMeasure(data.report.findings.indexOf(finding)) === 'pools';
  return plural(finding.count, pools ? 'pool' : COUNTED[finding.rule] || 'allocation');
}

function findingWords(finding) {
  if (finding.crash) {
    return crashWords(finding.crash);
  }
  if (finding.access) {
    return accessWords(finding);
  }
  const words = [`${countWords(finding)}, ${bytes(finding.bytes)}`];
  if (finding.per_unit) {
    words.unshift(growthWords(finding));
  }
  if (finding.peak_bytes) {
    words.push(`holds ${heldWords(finding.peak_bytes, finding.held_estimated)}`);
  }
  if (finding.stops_at) {
    words.push(`stops at ${stopWords(finding)}`);
  }
  if (finding.departure) {
    words.push(finding.departure);
  }
  return words.join('; ');
}
