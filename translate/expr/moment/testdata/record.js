// Records what moment.js 2.21.0 answers, for the tests of this package and of
// the packages that offer it to programs.
//
//   npm pack moment@2.21.0 && tar xzf moment-2.21.0.tgz
//   node record.js ./package > moment.jsonl
//
// The first line of the output holds the clock and the zones. Each other line is
// [expression, result], or [expression, [result in each zone]] where the zones
// differ. A result is the text that Digdag makes of a value; one that begins
// with "!" is the name of an error.
//
// Digdag's JavaScript turns local times into instants by the rules of ECMAScript
// 5: a time that a clock change skips is moved back, and of a time that happens
// twice the second is meant. Node does the opposite, so its Date is replaced.
'use strict';
const path = require('path');
const child = require('child_process');

const ZONES = ['UTC', 'Asia/Tokyo', 'America/Los_Angeles', 'Europe/London', 'Asia/Kolkata', 'Australia/Lord_Howe',
  'America/Sao_Paulo', 'Pacific/Apia'];
const NOW = Date.UTC(2024, 1, 29, 12, 34, 56, 789);

if (process.argv[3] !== '--zone') {
  const all = ZONES.map(zone => JSON.parse(child.execFileSync(process.execPath,
    [__filename, process.argv[2], '--zone'], {env: {TZ: zone}, maxBuffer: 1 << 28})));
  const lines = [JSON.stringify({now: NOW, zones: ZONES})];
  all[0].forEach(([expression, first], i) => {
    const results = all.map(rows => rows[i][1]);
    lines.push(JSON.stringify([expression, results.every(r => r === first) ? first : results]));
  });
  process.stdout.write(lines.join('\n') + '\n');
} else {
  replaceDate();
  global.moment = require(path.resolve(process.argv[2]));
  moment.suppressDeprecationWarnings = true;
  process.stdout.write(JSON.stringify(expressions().map(e => [e, evaluate(e)])));
}

function evaluate(expression) {
  let v;
  try {
    v = (0, eval)('(' + expression + ')');
  } catch (e) {
    return '!' + e.name;
  }
  if (v === null || v === undefined) return '';
  return typeof v === 'string' ? v : String(JSON.stringify(v));
}

function replaceDate() {
  const Real = Date;
  const DAY = 864e5;
  const offset = t => -new Real(t).getTimezoneOffset() * 6e4;
  const instant = local => {
    const before = offset(local - DAY), after = offset(local + DAY);
    if (before === after || offset(local - after) === after) return local - after;
    return offset(local - before) === before ? local - before : local - after;
  };
  const wall = (...f) => {
    const t = new Real(0);
    t.setUTCFullYear(f[0], f[1], f[2]);
    t.setUTCHours(f[3], f[4], f[5], f[6]);
    return t.getTime();
  };
  class Es5Date extends Real {
    constructor(...a) {
      if (a.length === 0) {
        super(NOW);
      } else if (a.length === 1) {
        super(a[0]);
      } else {
        const f = [0, 0, 1, 0, 0, 0, 0].map((least, i) => i < a.length ? Number(a[i]) : least);
        if (f[0] >= 0 && f[0] <= 99) f[0] += 1900;
        super(instant(wall(...f)));
      }
    }
    static now() { return NOW; }
  }
  ['FullYear', 'Month', 'Date', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'].forEach((unit, first) => {
    Es5Date.prototype['set' + unit] = function (...values) {
      const f = [this.getFullYear(), this.getMonth(), this.getDate(), this.getHours(), this.getMinutes(),
        this.getSeconds(), this.getMilliseconds()];
      values.forEach((v, i) => { f[first + i] = v; });
      return this.setTime(instant(wall(...f)));
    };
  });
  global.Date = Es5Date;
}

function expressions() {
  const out = [];
  const q = JSON.stringify;
  const FULL = '.format("YYYY-MM-DDTHH:mm:ss.SSSZ")';

  const instants = ['2024-02-29T13:05:09.123Z', '2024-03-10T09:30:00Z', '2024-11-03T08:30:00Z', '2024-03-31T00:30:00Z',
    '2024-10-27T01:30:00Z', '2024-04-06T14:45:00Z', '2024-10-05T15:10:00Z', '2023-12-31T23:59:59.999Z', '2021-01-03T12:00:00Z',
    '1969-12-31T23:59:59.001Z', '2018-11-04T02:30:00Z', '2011-12-30T09:59:00Z', '2000-01-31T18:00:00Z'];
  const walls = ['2024-01-01', '2016-12-31T12:00', '2024-03-10T02:30:00', '2024-11-03T01:30:00', '2018-11-04T00:00',
    '2017-01-01T00:00:00', '2008-12-29'];
  const moments = instants.map(t => `moment(${q(t)})`).concat(walls.map(t => `moment(${q(t)})`),
    ['moment.utc("2024-12-30T00:15:30.050Z")', 'moment.parseZone("2024-07-01T12:00:00+09:00")',
      'moment("2024-05-31T22:00:00Z").utcOffset(-210)']);
  const few = [moments[0], moments[1], moments[2], moments[5], moments[7], moments[15], moments[16], moments[20], moments[22]];

  // Formats.
  const tokens = ('M Mo MM MMM MMMM Q Qo D Do DD DDD DDDo DDDD d do dd ddd dddd e E w wo ww W Wo WW Y YY YYYY YYYYY YYYYYY ' +
    'g gg gggg ggggg G GG GGGG GGGGG A a H HH h hh k kk m mm s ss S SS SSS SSSS SSSSS SSSSSSSSS Z ZZ z zz X x L LL LLL LLLL ' +
    'LT LTS l ll lll llll hmm hmmss Hmm Hmmss').split(' ');
  for (const m of moments) out.push(`${m}.format(${q(tokens.join(' | '))})`);
  for (const t of tokens) {
    for (const m of few) out.push(`${m}.format(${q(t)})`);
  }
  for (const f of ['', '[today] YYYY', '[a]b]', '[a[b]c', '\\YYYY', '\\M\\M', 'YYYYY-YYYYYYY', 'YYY', 'ggg', 'GGG', 'DDo', 'DDDDo',
    'MMMMM', 'ddddd', 'Moo', 'w|w', 'W|', 'SSSSSSSSSS', 'hhmmss', 'hmmm', 'HHmmss', '[', ']', '[]', '\\[YYYY]', '\\', 'YYYY\\',
    'YYYY年MM月DD日', 'YYYY-MM-DD\nHH', 'kk:mm', 'LLLLL', 'LLTS', '\\LT', '[LT] LT', 'lllll', 'YYYYMMDD_HHmmss', 'ddd, DD MMM YYYY',
    'D[th] [of] MMMM', '[W]WW', 'Z[Z]', 'x.X', 'éàü', '%Y-%m-%d', 'YYYY-MM-DDTHH:mm:ss.SSS[Z]', '[Quarter] Qo', 'dth', 'o', 'Wo w']) {
    out.push(`${moments[0]}.format(${q(f)})`);
  }
  for (const y of [-1, 0, 5, 99, 100, 999, 9999, 10000, 12345, -12345]) {
    out.push(`moment.utc([${y}, 5, 7, 8, 9, 10, 11]).format("Y | YY | YYYY | YYYYY | YYYYYY | gggg | GGGG | gg | GG | w | W | ddd")`);
    out.push(`moment.utc([${y}, 5, 7]).toISOString()`, `moment.utc([${y}, 5, 7]).inspect()`, `moment.utc([${y}, 5, 7]).toISOString(true)`,
      `moment.utc([${y}, 5, 7]).format()`);
  }

  // Getters, and what else a moment tells.
  const getters = ('year quarter month week isoWeek weekYear isoWeekYear date day weekday isoWeekday dayOfYear hour minute second ' +
    'millisecond hours minutes seconds milliseconds days weeks isoWeeks quarters years months dates utcOffset zone unix valueOf ' +
    'daysInMonth weeksInYear isoWeeksInYear isLeapYear isDST isLocal isUtc isUTC isUtcOffset isValid toArray toObject toISOString ' +
    'toJSON toString inspect toDate zoneAbbr zoneName invalidAt hasAlignedHourOffset locale isDSTShifted').split(' ');
  for (const m of moments.concat(['moment.invalid()', 'moment("2024-02-30")', 'moment(NaN)'])) {
    const list = getters.map(g => `a.${g}()`).join(', ');
    out.push(`(function (a) { return [${list}]; })(${m})`);
  }
  for (const g of getters) out.push(`${moments[0]}.${g}()`, `moment.invalid().${g}()`);

  // Start, end, shifts and setters.
  const units = ('year quarter month week isoWeek day date hour minute second millisecond years Months w W Q M d D h H m s ms y Day ' +
    'DAYS weekday isoWeekday dayOfYear weekYear isoWeekYear nonsense').split(' ');
  for (const m of moments) {
    for (const u of units.slice(0, 11)) out.push(`${m}.startOf(${q(u)})${FULL}`, `${m}.endOf(${q(u)})${FULL}`);
  }
  for (const u of units) out.push(`${moments[0]}.startOf(${q(u)})${FULL}`, `${moments[0]}.endOf(${q(u)})${FULL}`);
  out.push(`${moments[0]}.startOf()${FULL}`, `${moments[0]}.endOf()${FULL}`, 'moment.invalid().startOf("day").isValid()');
  const spans = 'years quarters months weeks days hours minutes seconds milliseconds'.split(' ');
  for (const m of moments) {
    for (const u of spans) {
      for (const n of [1, -1, 13, -25]) out.push(`${m}.add(${n}, ${q(u)})${FULL}`);
      out.push(`${m}.subtract(1, ${q(u)})${FULL}`, `${m}.subtract(7, ${q(u)})${FULL}`);
    }
  }
  for (const a of ['1.5, "days"', '1.5, "months"', '-0.5, "days"', '2.5, "years"', '0.5, "hours"', '"2", "days"', '"days", 2', '1, "d"', '1, "M"', '1, "m"',
    '1, "Q"', '1, "w"', '1, "y"', '1, "ms"', '5', '"5"', '{days: 1, months: 1}', '{d: 1, h: 2}', '{weeks: 1, ms: 5}', 'moment.duration(1, "day")',
    'moment.duration({months: 1, hours: 3})', 'moment.duration("P1M2DT3H")', '1, "nonsense"', '1, "date"', '1, "isoWeek"', 'null', 'undefined', '', 'NaN, "days"',
    '"x", "days"', '1e9, "years"', 'Infinity, "days"', '{}', '"PT1H"', '1, null', 'null, "days"', '1, "Days"', '"1.5", "hours"', '31, "days"', '365, "d"', '1000, "hours"',
    '{year: 1, month: -1}', '{day: "2"}', '{hours: null}']) {
    out.push(`${moments[0]}.add(${a})${FULL}`, `${moments[0]}.subtract(${a})${FULL}`);
  }
  out.push('moment("2024-01-31").add(1, "month").add(1, "month")' + FULL, 'moment("2024-01-31").add(2, "months")' + FULL,
    'moment("2024-02-29").add(1, "year")' + FULL, 'moment("2024-02-29").subtract(4, "years")' + FULL, 'moment("2023-02-28").add(1, "year")' + FULL);
  const setters = {
    year: [2023, 1999, 1972, 10000, '"2020"', 'NaN', '2023.7'], quarter: [1, 4, 5, 0], month: [0, 1, 11, 12, -1, '"March"', '"mar"', '"3"', '"xyz"', '""', '1.5'],
    week: [1, 53, 0, '"9"'], isoWeek: [1, 52, 53, 60], weekYear: [2023, 2020], isoWeekYear: [2023, 2020, 2015], date: [1, 30, 31, 32, 0, -1, '"7"', 'NaN', '"x"'],
    day: [0, 6, 7, -7, '"Monday"', '"mon"', '"Mo"', '"3"', '"x"', '10'], weekday: [0, 6, -1], isoWeekday: [1, 7, 8, 0, '"Sunday"', '"x"', '"3"'],
    dayOfYear: [1, 60, 366, 400, 0], hour: [0, 2, 23, 24, -1, '"5"'], minute: [0, 59, 60, -1], second: [0, 60], millisecond: [0, 999, 1000],
  };
  for (const u of Object.keys(setters)) {
    for (const v of setters[u]) {
      for (const m of [moments[0], moments[1], moments[5], moments[7], moments[20], moments[22]]) out.push(`${m}.${u}(${v})${FULL}`);
      out.push(`${moments[0]}.set(${q(u)}, ${v})${FULL}`);
    }
    out.push(`${moments[0]}.get(${q(u)})`, `${moments[0]}.${u}(null)`, `moment.invalid().${u}(1).isValid()`);
  }
  for (const y of [0, 99, -1]) out.push(`${moments[20]}.year(${y})${FULL}`, `${moments[22]}.year(${y})${FULL}`, `moment.utc("2024-02-29").year(${y})${FULL}`);
  for (const o of ['{year: 2023, month: 1, date: 31}', '{date: 31, month: 1}', '{hours: 5, minutes: 6, seconds: 7, ms: 8}', '{nonsense: 1}', '{D: 1, M: 0, y: 2001}',
    '{day: 1, date: 15}', '{week: 1, year: 2021}', '{isoWeek: 53, isoWeekYear: 2020}', '{months: "June"}', '{}', '{h: 25}', '{minute: null}']) {
    for (const m of [moments[0], moments[7]]) out.push(`${m}.set(${o})${FULL}`);
  }
  out.push(`${moments[0]}.get("nonsense") === undefined`, `${moments[0]}.get("days")`, `${moments[0]}.set("nonsense", 1)${FULL}`, `${moments[0]}.year(2020).month(1).date(30)${FULL}`);
  for (const d of ['2024-03-10', '2024-03-31', '2024-11-03', '2024-10-27', '2024-04-07', '2024-10-06', '2018-11-04', '2018-02-18', '2011-12-30']) {
    for (const h of [0, 1, 2, 3]) {
      for (const s of ['00', '30']) out.push(`moment("${d}T0${h}:${s}:00")${FULL}`, `moment("${d}T12:00:00").hour(${h}).minute(${+s})${FULL}`);
      out.push(`moment("${d}").add(${h}, "hours")${FULL}`, `moment("${d}").subtract(1, "day").add(${h}, "hours").add(1, "day")${FULL}`);
    }
    out.push(`moment("${d}T23:30").startOf("day")${FULL}`, `moment("${d}T23:30").dayOfYear()`, `moment("${d}").diff("2024-01-01", "days")`,
      `moment("${d}").add(1, "day").diff("${d}", "hours")`, `moment("${d}").isDSTShifted()`, `moment("${d}T02:30").isDSTShifted()`);
  }

  // Comparisons and differences.
  const pairs = [];
  for (const [i, j] of [[0, 1], [1, 0], [0, 7], [7, 0], [1, 2], [2, 1], [3, 4], [5, 6], [0, 0], [13, 14], [8, 12], [12, 8], [20, 0], [0, 20], [21, 0], [0, 21], [22, 3], [15, 1], [9, 8]]) {
    pairs.push([moments[i], moments[j]]);
  }
  pairs.push(['moment("2024-01-31")', 'moment("2024-02-29")'], ['moment("2024-03-31")', 'moment("2024-02-29")'], ['moment("2024-02-29")', 'moment("2023-02-28")'],
    ['moment("2024-01-29")', 'moment("2024-02-29T00:00:01")'], ['moment("2024-05-31T01:00")', 'moment("2024-06-30T00:59")'], ['moment.invalid()', 'moment()'], ['moment()', 'moment.invalid()']);
  for (const [a, b] of pairs) {
    for (const u of spans.concat(['isoWeek', 'nonsense'])) out.push(`[${a}.diff(${b}, ${q(u)}), ${a}.diff(${b}, ${q(u)}, true)]`);
    out.push(`${a}.diff(${b})`);
    for (const f of ['isBefore', 'isAfter', 'isSame', 'isSameOrBefore', 'isSameOrAfter']) {
      out.push(`["year", "quarter", "month", "week", "isoWeek", "day", "hour", "minute", "second", "millisecond", "nonsense", null, undefined].map(function (u) { return ${a}.${f}(${b}, u); })`);
    }
    out.push(`[${a}.from(${b}), ${a}.to(${b}), ${a}.from(${b}, true), ${a}.to(${b}, true), ${a}.calendar(${b}), ${a} < ${b}, ${a} - ${b}]`);
  }
  out.push('moment("2024-02-15").isSame("2024-02-20", "month")', 'moment("2024-02-15").isSame([2024, 1, 15])', 'moment("2024-02-15").isBefore(new Date(2024, 1, 16))', 'moment().isSame()', 'moment().isAfter("nonsense, really")');
  for (const b of ['', ', null, "()"', ', null, "[)"', ', null, "(]"', ', null, "[]"', ', "month"', ', "month", "[]"', ', "day", "[)"', ', undefined, "[]"', ', "year", ""']) {
    for (const d of ['2024-02-01', '2024-02-15', '2024-03-01', '2024-01-31']) out.push(`moment("${d}").isBetween("2024-02-01", "2024-03-01"${b})`);
  }
  out.push('moment.min(moment("2024-02-01"), moment("2023-01-01")).format()', 'moment.max([moment("2024-02-01"), moment("2023-01-01")]).format()', 'moment.min().format()',
    'moment.max([]).format()', 'moment.min(moment("2024-02-01"), moment.invalid()).isValid()', 'moment.max(moment.invalid(), moment("2024-02-01")).isValid()', 'moment.min("2024-02-01").length',
    'moment("2024-02-01").min("2024-01-01").format()', 'moment("2024-02-01").max("2024-01-01").format()', 'moment("2024-02-01").max("2025-01-01").format()', 'moment("2024-02-01").min(moment.invalid()).isValid()');

  // Zones.
  for (const m of [moments[0], moments[1], moments[5], moments[20], moments[21], moments[22]]) {
    for (const o of ['0', '60', '-60', '"+09:00"', '"-0330"', '"+05"', '9', '-15', '15', '16', '"Z"', '"nonsense"', '330.5', '0, true', '60, true', '"+09:00", true', 'null', '"2013-03-07T07:00:00-08:00"']) out.push(`${m}.utcOffset(${o}).format("YYYY-MM-DDTHH:mm:ss.SSSZ x")`);
    for (const o of ['60', '-60', '"+09:00"', '9']) out.push(`${m}.zone(${o}).format("YYYY-MM-DDTHH:mm:ss.SSSZ x")`);
    for (const c of ['.utc()', '.utc(true)', '.local()', '.local(true)', '.utc().local()', '.utc(true).local(true)', '.utcOffset(300).local(true)', '.parseZone()', '.utc().add(1, "month")', '.utc().startOf("week")', '.utcOffset(60).endOf("day")',
      '.utc().hasAlignedHourOffset()', '.utcOffset(90).hasAlignedHourOffset()', '.utcOffset("+05:30").isUtc()', '.clone().utc()', '.utcOffset(120).startOf("day").utc()', '.utc().dayOfYear(100)', '.utcOffset(60).diff("2024-01-01T00:00:00Z", "days", true)']) out.push(`${m}${c}` + (/\)$/.test(c) && !/has|isU|diff/.test(c) ? '.format("YYYY-MM-DDTHH:mm:ss.SSSZ x")' : ''));
  }

  // Texts without a format.
  const texts = ['2024-02-29', '2024-02-30', '2024-13-01', '2024-02', '2024', '20240229', '202402', '2024-060', '2024060', '2024-366', '2023-366', '2024-W09', '2024-W09-4', '2024W09', '2024W094', '2024-W53-1', '2020-W53-7', '2024-W00', '2024-W09-8',
    '2024-02-29T10', '2024-02-29T10:11', '2024-02-29T10:11:12', '2024-02-29T10:11:12.1', '2024-02-29T10:11:12.123456789', '2024-02-29T10:11:12,5', '2024-02-29 10:11:12', '2024-02-29T101112', '20240229T101112', '20240229T1011', '20240229T10', '20240229T101112.5',
    '2024-02-29T10:11:12Z', '2024-02-29T10:11:12 Z', '2024-02-29T10:11:12+09:00', '2024-02-29T10:11:12+0900', '2024-02-29T10:11:12+09', '2024-02-29T10:11:12-03:30', '2024-02-29T10Z', '2024-02-29T24:00:00', '2024-02-29T24:00', '2024-02-29T24:00:01', '2024-02-29T25:00', '2024-02-29T10:60', '2024-02-29T10:11:60', '2024-02-29T10:11:12.',
    '+002024-02-29', '+0020240229', '2024-2-29', ' 2024-02-29', '2024-060T10:11', '2024-W09-4T10:11Z', '2024-W09T10', '9999-12-31T23:59:59.999Z', '/Date(1198908717056-0700)/', 'Date(5)', '/date(1e3', 'Thu, 29 Feb 2024 10:11:12 GMT', 'Thu, 29 Feb 2024 10:11:12 +0900', 'Thu, 29 Feb 2024 10:11 EST',
    '29 Feb 2024 10:11:12 Z', 'Fri, 29 Feb 2024 10:11:12 GMT', 'Thu 29 Feb 24 10:11:12 PST', '29 Feb 99 10:11:12 -0330', '1 Jan 49 00:00 UT', '1 Jan 50 00:00 UT', '30 Feb 2024 10:11:12 GMT', '(comment) Thu, 29 Feb 2024 10:11:12 GMT', 'Thu, 29 Feb 2024\n10:11:12 GMT', '29 Feb 2024 25:11:12 GMT', '2024/02/29', '2024/02/29 10:11:12', 'Feb 29, 2024', 'February 29, 2024 10:11 PM', '29 Feb 2024', 'nonsense', '', ' ', '-', '12345', '2024-02-29T10:11:12+25:00', '2024-02-29T10:11:12.999999', '2024-1-1', '1/2/2024'];
  for (const t of texts) {
    out.push(`(function (a) { return a.isValid() + " " + a.format("YYYY-MM-DDTHH:mm:ss.SSSZ"); })(moment(${q(t)}))`);
    if (!/\//.test(t)) out.push(`(function (a) { return a.isValid() + " " + a.format("YYYY-MM-DDTHH:mm:ss.SSSZ"); })(moment.utc(${q(t)}))`);
    out.push(`moment(${q(t)}, moment.ISO_8601).isValid()`, `moment(${q(t)}, moment.ISO_8601, true).format()`, `moment(${q(t)}, moment.RFC_2822).format()`, `moment.parseZone(${q(t)}).format()`);
  }

  // Node counts the offsets of the 19th century in whole minutes: years before are tried in UTC.
  for (const t of ['[0, 0]', '[99, 1, 29]', '"-5", "Y"', '"1 2 3", "YYYY M D"']) out.push(`moment.utc(${t}).format()`);
  for (const t of ['0000-01-01', '0099-12-31T00:00:00Z', '-000001-06-07T08:09:10Z']) out.push(`moment.utc(${q(t)}).format("YYYY-MM-DDTHH:mm:ss.SSSZ")`);

  // Texts with a format.
  const parses = [['29.02.2024 23:59', 'DD.MM.YYYY HH:mm'], ['31.02.2024', 'DD.MM.YYYY'], ['7/4/24 9 PM', 'M/D/YY h A'], ['12:30 am', 'h:mm a'], ['12:30 pm', 'h:mm a'], ['13:30 pm', 'h:mm a'], ['9:05', 'H:mm'], ['24:00', 'HH:mm'], ['25:00', 'HH:mm'],
    ['2024', 'YYYY'], ['24', 'YYYY'], ['2240', 'YYYY'], ['68', 'YY'], ['69', 'YY'], ['x2024', 'YYYY'], ['2024x', 'YYYY'], ['February 2024', 'MMMM YYYY'], ['Feb 2024', 'MMMM YYYY'], ['febr 2024', 'MMM YYYY'], ['Fubar 2024', 'MMM YYYY'], ['FEB 29', 'MMM D'],
    ['Thursday', 'dddd'], ['Thu', 'ddd'], ['Th', 'dd'], ['Thu 29 Feb 2024', 'ddd DD MMM YYYY'], ['Fri 29 Feb 2024', 'ddd DD MMM YYYY'], ['Foo 29 Feb 2024', 'ddd DD MMM YYYY'], ['4', 'd'], ['9', 'd'], ['4', 'e'], ['4', 'E'], ['8', 'E'], ['9', 'w'], ['9', 'W'], ['54', 'W'], ['2024 9', 'gggg w'],
    ['2024 9 4', 'GGGG W E'], ['24 9', 'GG W'], ['2024 9 4', 'gggg w d'], ['2024 9 4', 'gggg w e'], ['2024 53', 'GGGG WW'], ['60', 'DDD'], ['2024 060', 'YYYY DDDD'], ['2023 366', 'YYYY DDD'], ['2024 0', 'YYYY DDD'], ['1st Feb 2024', 'Do MMM YYYY'], ['22 Feb 2024', 'Do MMM YYYY'], ['2', 'Q'], ['2024 3', 'YYYY Q'], ['5', 'Q'],
    ['1709211909', 'X'], ['1709211909.123', 'X'], ['-5', 'X'], ['1709211909123', 'x'], ['x', 'x'], ['2024-02-29 10:11:12.5', 'YYYY-MM-DD HH:mm:ss.S'], ['2024-02-29 10:11:12.123', 'YYYY-MM-DD HH:mm:ss.SSS'], ['10.1234567', 's.SSSSSSS'], ['10.99999', 's.SSS'], ['2024-02-29T10:11:12+09:00', 'YYYY-MM-DDTHH:mm:ssZ'],
    ['2024-02-29T10:11:12-0330', 'YYYY-MM-DDTHH:mm:ssZZ'], ['2024-02-29T10:11:12Z', 'YYYY-MM-DDTHH:mm:ssZ'], ['2024-02-29T10:11:12', 'YYYY-MM-DDTHH:mm:ssZ'], ['20240229101112', 'YYYYMMDDHHmmss'], ['930', 'hmm'], ['1230', 'hmm'], ['93015', 'hmmss'], ['2359', 'Hmm'], ['123456', 'Hmmss'], ['930 pm', 'hmm a'], ['24', 'k'], ['5', 'k'], ['25', 'kk'],
    ['2024-02-29', 'YYYY/MM/DD'], ['2024-2-9', 'YYYY-MM-DD'], ['2024-02-29 extra', 'YYYY-MM-DD'], ['2024', 'YYYY-MM-DD'], ['', 'YYYY'], ['abc', 'YYYY'], ['it is 2024', '[it is] YYYY'], ['it was 2024', '[it is] YYYY'], ['year 2024', '\\y\\e\\a\\r YYYY'], ['02/29/2024', 'L'], ['February 29, 2024 1:05 PM', 'LLL'], ['1:05:09 PM', 'LTS'], ['2/9/2024', 'l'],
    ['+12024-02', 'YYYYYY-MM'], ['12024', 'YYYYY'], ['2005', 'Y'], ['+12345', 'Y'], ['2024-13', 'YYYY-MM'], ['2024-00', 'YYYY-MM'], ['2024-02-00', 'YYYY-MM-DD'], ['11:60', 'HH:mm'], ['11:11:61', 'HH:mm:ss'], ['5 PM', 'h A'], ['5 p.m.', 'h a'], ['5 x', 'h a'], ['p 5', 'a h'], ['PM', 'A'], ['15 PM', 'H A'], ['12 AM', 'H A'], ['2024-02-29 10', 'YYYY-MM-DD hh'],
    ['2012年2月9日', 'YYYY年M月D日'], ['Mo 5', 'Mo D'], ['5', 'Do'], ['2024-W09-4', 'GGGG-[W]WW-E'], ['wo', 'wo'], ['[2024]', '\\[YYYY\\]'], ['2024', '[]YYYY'], ['g5 2024', 'g YYYY'], ['10 2024', 'M YYYY'], ['2024 10', 'M YYYY'], ['2001 2 3 4 5 6 7', 'YYYY M D H m s S'], ['2024-02-29T10:11:12.000000Z', 'YYYY-MM-DD[T]HH:mm:ss.SSSSSS[Z]'], ['3:4', 'mm:ss'], ['Sun', 'ddd'], ['Saturday 3', 'dddd H'], ['z', 'z'], ['2024-02-29 EST', 'YYYY-MM-DD z']];
  for (const [t, f] of parses) {
    for (const strict of ['', ', true']) {
      out.push(`(function (a) { return a.isValid() + " " + a.format("YYYY-MM-DDTHH:mm:ss.SSSZ"); })(moment(${q(t)}, ${q(f)}${strict}))`);
    }
    out.push(`moment.utc(${q(t)}, ${q(f)}).format()`, `moment(${q(t)}, ${q(f)}).parsingFlags()`, `moment(${q(t)}, ${q(f)}, true).parsingFlags().unusedTokens`, `moment(${q(t)}, ${q(f)}).invalidAt()`, `moment.parseZone(${q(t)}, ${q(f)}).format()`);
  }
  for (const a of ['"2024-02-29", ["MM-DD-YYYY", "YYYY-MM-DD"]', '"29-02-2024", ["MM-DD-YYYY", "DD-MM-YYYY"]', '"29-02-2024", ["MM-DD-YYYY", "DD-MM-YYYY"], true', '"29-02-2024", ["MM-DD-YYYY", "DD-MM-YYYY"], "en", true', '"nonsense", ["YYYY", "MM"]', '"2024", []', '"2024-02-29T10:00", [moment.ISO_8601, "YYYY"]',
    '"10:11 2024", [moment.ISO_8601, "HH:mm YYYY"]', '"11-10", ["MM-DD", "DD"]', '20240229, "YYYYMMDD"', 'null, "YYYY"', 'undefined, "YYYY"', '"2024", null', '"2024-02-29", ""', '"2024", "YYYY", "fr"', '"2024", "YYYY", "fr", true', '"2024x", "YYYY", true', '"2024x", "YYYY", false', 'NaN, "YYYY"', 'new Date(0), "YYYY"', '[2024, 1], "YYYY"', '{year: 2024}, "YYYY"']) {
    out.push(`moment(${a}).format()`, `moment.utc(${a}).format()`);
  }

  // Other inputs.
  for (const i of ['', 'undefined', 'null', '""', '0', '1', '-1', '1e12', '1.5', '8.64e15', '8.64e15 + 1', 'NaN', 'Infinity', 'true', 'false', '[]', '[2024]', '[2024, 1]', '[2024, 1, 29]', '[2024, 1, 29, 10, 11, 12, 345]', '[2024, 12]', '[2024, 1, 30]', '["2024", "1"]', '[2024, "x"]', '[2024, null]', '[1950, 0]', '[2024, 2, 10, 2, 30]', '[2024, 0, 1, 24]', '[2024, 0, 1, 24, 1]',
    '{}', '{year: 2024}', '{y: 2024, M: 1, d: 29}', '{years: 2024, months: 1, date: 29, hours: 10, minutes: 11, seconds: 12, milliseconds: 345}', '{year: "2024", month: "1", day: "29"}', '{month: 1}', '{day: 5}', '{hour: 5}', '{nonsense: 5}', '{year: 2024, month: 12}', '{year: 2024, day: 0, date: 7}', 'new Date(0)', 'new Date(NaN)', 'new Date(2024, 1, 29)', 'moment("2024-02-29")', 'moment.utc("2024-02-29")', 'moment("2024-02-29").utcOffset(60)', 'moment.invalid()', 'new Number(5)', 'new String("2024-02-29")', 'function () {}', '/x/']) {
    out.push(`moment(${i}).format()`, `moment.utc(${i}).format()`, `moment(${i}).isValid()`);
    if (i) out.push(`moment.isMoment(${i})`, `moment.isDate(${i})`, `moment.isDuration(${i})`);
  }
  for (const n of ['0', '1709211909', '1.5', '"1709211909"', '-1', 'NaN', '', '"x"']) out.push(`moment.unix(${n}).format("YYYY-MM-DDTHH:mm:ss.SSSZ")`);
  for (const m of few) out.push(`(function (a, b) { b.add(1, "day"); return [a, b]; })(${m}, ${m}.clone())`, `(function (a) { var b = moment(a); b.add(1, "day"); return a.diff(b); })(${m})`, `${m}`, `JSON.stringify({a: ${m}})`, `"" + ${m}`, `+${m}`, `${m}.creationData().isUTC`, `typeof ${m}.toDate()`, `${m} instanceof moment`);
  out.push('moment("2024", "YYYY", true).creationData().format', 'moment("2024", "YYYY", true).creationData().strict', 'moment("2024").creationData().input', 'moment.invalid({nullInput: true}).parsingFlags().nullInput', 'moment.invalid().parsingFlags().userInvalidated', 'moment.invalid({overflow: 2}).invalidAt()', 'moment.invalid().format("YYYY")', 'moment.invalid().inspect()', 'moment("x", "YYYY").inspect()', 'moment.invalid().toString()', 'moment.invalid().toDate().getTime()', 'moment.invalid().toJSON()', 'moment.invalid().diff(moment())', 'moment().diff(moment.invalid())', 'moment.invalid().fromNow()', 'moment().from("nonsense, really")', 'moment.invalid().calendar()', 'moment.invalid().unix()', 'moment.invalid().utcOffset(60).isValid()', 'moment.invalid().local().isValid()', 'moment.invalid().utc().format()');

  // Calendars and relative times.
  for (const n of [0, 1, 2, 5, 6, 7, 8, 30, -1, -2, -6, -7, -8]) {
    out.push(`moment().add(${n}, "days").calendar()`, `moment().add(${n}, "days").calendar(null, {sameDay: "[now]", nextDay: "[soon] HH", lastDay: function (now) { return "[was " + (now > this) + "]"; }, sameElse: "YYYY"})`, `moment().add(${n}, "days").utc().calendar()`, `moment.utc().add(${n}, "days").calendar(moment.utc("2024-02-29"))`);
  }
  for (const [n, u] of [[0, 's'], [44, 's'], [45, 's'], [89, 's'], [90, 's'], [44, 'm'], [45, 'm'], [89, 'm'], [90, 'm'], [21, 'h'], [22, 'h'], [35, 'h'], [36, 'h'], [25, 'd'], [26, 'd'], [45, 'd'], [46, 'd'], [319, 'd'], [320, 'd'], [547, 'd'], [548, 'd'], [1, 'M'], [10, 'M'], [11, 'M'], [1, 'y'], [5, 'y'], [100, 'y']]) {
    for (const s of ['', '-']) {
      out.push(`moment().add(${s}${n}, ${q(u)}).fromNow()`, `moment().add(${s}${n}, ${q(u)}).toNow(true)`, `moment.duration(${s}${n}, ${q(u)}).humanize()`, `moment.duration(${s}${n}, ${q(u)}).humanize(true)`);
    }
  }

  // Durations.
  const durations = ['', '0', '1', '100', '-1', '1.5', '90, "minutes"', '1.5, "hours"', '-3, "days"', '100, "days"', '31, "d"', '30, "d"', '1, "M"', '13, "months"', '1, "y"', '1.5, "months"', '2, "weeks"', '1, "Q"', '500, "ms"', '12345678', '-12345678', '31556952000', '{days: 1, hours: 2}', '{years: 1, months: 2, weeks: 3, days: 4, hours: 5, minutes: 6, seconds: 7, milliseconds: 8}', '{months: 1, days: -40}', '{months: -1, days: 31}', '{hours: 1, days: -1}', '{days: 1.5}', '{days: 1.5, hours: 1}', '{hours: "5"}', '{hours: null}', '{nonsense: 1}', '{date: 1}', '{}', 'null', 'undefined', 'NaN', '"x"', '""', '"5"', '"1:02"', '"1:02:03"', '"1.02:03:04"', '"1 02:03:04.5"', '"-1:02:03"', '"+1:02"', '"23:59:59.999"', '"1:2:3.4567"', '"P1Y2M3W4DT5H6M7S"', '"P1Y"', '"PT1.5H"', '"P1,5D"', '"-P1M"', '"P-1D"', '"PT"', '"P"', '"P1M2W"', '"PT36H"', '"P1"', '"1 day"', 'moment.duration(5)', '{from: "2024-01-31", to: "2024-03-01"}', '{from: "2024-03-10", to: "2024-02-01T01:02:03.004"}', '{to: "2024-03-10"}', '{from: moment.invalid(), to: "2024-01-01"}', '5, "nonsense"', '"5", "days"', 'true', '1e20', '86399999', '-1.5, "days"'];
  for (const d of durations) {
    out.push(`(function (d) { return [d.years(), d.months(), d.weeks(), d.days(), d.hours(), d.minutes(), d.seconds(), d.milliseconds()]; })(moment.duration(${d}))`, `(function (d) { return [d.asYears(), d.asMonths(), d.asWeeks(), d.asDays(), d.asHours(), d.asMinutes(), d.asSeconds(), d.asMilliseconds(), d.valueOf()]; })(moment.duration(${d}))`, `(function (d) { return [d.isValid(), d.toISOString(), d.toString(), d.toJSON(), d.humanize(), d.humanize(true), "" + d, d.toIsoString(), d.locale()]; })(moment.duration(${d}))`,
      `moment.duration(${d})`, `moment.duration(${d}).abs().toISOString()`, `moment.duration(${d}).add(1, "day").toISOString()`, `moment.duration(${d}).subtract({months: 1, hours: 1}).toISOString()`, `moment.duration(${d}).clone().add(${d || '0'}).asSeconds()`, `moment("2024-01-31T12:00:00Z").add(moment.duration(${d})).toISOString()`);
  }
  for (const u of 'years months weeks days hours minutes seconds milliseconds y M w d h m s ms quarters isoWeek date Q nonsense'.split(' ')) out.push(`moment.duration({years: 1, days: 40, seconds: 4000}).as(${q(u)})`, `moment.duration({years: 1, days: 40, seconds: 4000}).get(${q(u)})`);
  out.push('moment.duration.invalid().isValid()', 'moment.duration(NaN).humanize()', 'moment.duration(NaN).asDays()', 'moment.duration(1) instanceof moment.duration', 'moment.duration(5) + 1', 'moment.duration(5) < moment.duration(6)', 'moment.duration(1, "day").as()');

  // What moment itself offers.
  out.push('moment.months()', 'moment.months(3)', 'moment.months("MMM")', 'moment.months("MMM", 2)', 'moment.monthsShort()', 'moment.monthsShort(11)', 'moment.weekdays()', 'moment.weekdays(3)', 'moment.weekdays(true)', 'moment.weekdays(true, 2)', 'moment.weekdaysShort()', 'moment.weekdaysShort(6)', 'moment.weekdaysMin()', 'moment.weekdaysMin(0)', 'moment.months(12)', 'moment.weekdays(8)', 'moment.weekdays(true, "dddd", 5)',
    'moment.locale()', 'moment.locale("en")', 'moment.version', 'moment.defaultFormat', 'moment.defaultFormatUtc', 'moment.HTML5_FMT', 'moment.now()', 'typeof moment.ISO_8601', 'moment.parseTwoDigitYear("68")', 'moment.parseTwoDigitYear("69")', 'moment.normalizeUnits("Days")', 'moment.normalizeUnits("M")', 'moment.normalizeUnits("m")', 'moment.normalizeUnits("isoweeks")', 'moment.normalizeUnits("x")', 'moment.normalizeUnits(5)', 'moment.relativeTimeThreshold("s")', 'moment.relativeTimeThreshold("ss")', 'moment.relativeTimeThreshold("x")',
    '(function () { moment.relativeTimeThreshold("m", 30); var r = moment.duration(40, "minutes").humanize(); moment.relativeTimeThreshold("m", 45); return r; })()', '(function () { var old = moment.relativeTimeRounding(); moment.relativeTimeRounding(Math.floor); var r = moment.duration(119, "minutes").humanize(); moment.relativeTimeRounding(old); return r; })()', 'moment.relativeTimeRounding(5)', 'moment.calendarFormat(moment(), moment().startOf("day"))',
    '(function () { var old = moment.now; moment.now = function () { return 0; }; var r = moment().valueOf(); moment.now = old; return r; })()', '(function () { var old = moment.parseTwoDigitYear; moment.parseTwoDigitYear = function (s) { return 1960 + +s; }; var r = moment("24", "YY").year(); moment.parseTwoDigitYear = old; return r; })()', '(function () { var old = moment.defaultFormat; moment.defaultFormat = "YYYY"; var r = moment("2024-02-29").format(); moment.defaultFormat = old; return r; })()', '(function () { moment.fn.shout = function () { return this.format("MMM").toUpperCase(); }; var r = moment("2024-02-29").shout(); delete moment.fn.shout; return r; })()', '(function (m) { m.own = 5; return [m.own, moment(m).own]; })(moment())', 'moment().nonsense()', 'moment.nonsense()', 'typeof moment().nonsense',
    'moment.localeData().months()', 'moment.localeData().months(moment("2024-02-29"))', 'moment.localeData().monthsShort(moment("2024-02-29"), "MMM")', 'moment.localeData().weekdays(moment("2024-02-29"))', 'moment.localeData().weekdaysMin()', 'moment.localeData().longDateFormat("L")', 'moment.localeData().longDateFormat("ll")', 'moment.localeData().longDateFormat("x")', 'moment.localeData().firstDayOfWeek()', 'moment.localeData().firstDayOfYear()', 'moment.localeData().ordinal(3)', 'moment.localeData().meridiem(13, 0, true)', 'moment.localeData().isPM("pm")', 'moment.localeData().invalidDate()', 'moment.localeData().monthsParse("feb")', 'moment.localeData().weekdaysParse("thu")', 'moment.localeData().weekdaysParse("x")', 'moment.localeData().week(moment("2024-02-29"))', 'moment.localeData().relativeTime(5, true, "dd", false)', 'moment.localeData().pastFuture(1, "x")', 'moment.localeData().pastFuture(-1, "x")', 'moment.localeData().calendar("sameDay")', 'moment().localeData().ordinal(11)', 'moment().locale("en").locale()', 'moment().lang().ordinal(1)', 'moment.lang()', 'moment.langData().ordinal(2)', 'moment.fn === moment.prototype', 'moment().constructor === undefined');
  for (let n = 0; n <= 124; n++) out.push(`moment.localeData().ordinal(${n})`);

  // Weeks around the turn of the years.
  for (let y = 2000; y < 2030; y++) out.push(`["${y - 1}-12-28", "${y - 1}-12-31", "${y}-01-01", "${y}-01-03", "${y}-01-04", "${y}-06-30"].map(function (d) { return moment(d).format("gggg-ww GGGG-WW-E e DDD ") + moment(d).weeksInYear() + " " + moment(d).isoWeeksInYear(); })`);
  return Array.from(new Set(out));
}
