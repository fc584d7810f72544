/** Files of weather as they stand, and what is said of those that cannot be taken. */
import { type WeatherHour, parseWeatherJson } from '@flexledger/grid';
import { parseWeather } from './weather-file';

const weather = (change: Partial<WeatherHour> = {}): WeatherHour => ({
  globalIrradianceWPerM2: 800,
  temperatureC: 25,
  windSpeedMPerS: 2,
  ...change,
});

describe('a weather file', () => {
  const csv = [
    'time,globalIrradianceWPerM2,temperatureC,windSpeedMPerS',
    '2026-03-17T10:00:00Z,500,12.5,3',
    '2026-03-17T12:00:00+01:00,600,-1,4.5',
  ];
  const hours = [
    [
      Date.parse('2026-03-17T10:00:00Z'),
      weather({ globalIrradianceWPerM2: 500, temperatureC: 12.5, windSpeedMPerS: 3 }),
    ],
    [
      Date.parse('2026-03-17T11:00:00Z'),
      weather({ globalIrradianceWPerM2: 600, temperatureC: -1, windSpeedMPerS: 4.5 }),
    ],
  ];
  const json = {
    schema: 'flexledger-weather/1',
    source: 'a service',
    hours: hours.map(([startMs, hour]) => ({
      time: new Date(startMs as number).toISOString(),
      ...(hour as WeatherHour),
    })),
  };

  it('is read from CSV and from JSON alike', () => {
    expect([...parseWeather(csv.join('\r\n'))]).toEqual(hours);
    expect([...parseWeather(JSON.stringify(json, null, 1))]).toEqual(hours);
    expect([...parseWeatherJson(json)]).toEqual(hours);
  });

  it.each([
    ['a quote within a field', `${csv[0]}\n2026-03-17T10:00:00Z,5"0,1,2`, 'line 2: has a quote'],
    ['another header', 'a,b', 'weather file: line 1 is "a,b"'],
    ['too few fields', `${csv[0]}\n2026-03-17T10:00:00Z,1`, 'line 2: has 2 fields'],
    [
      'a missing value',
      `${csv[0]}\n2026-03-17T10:00:00Z,,1,2`,
      'line 2: globalIrradianceWPerM2 is missing',
    ],
    [
      'a value that is none',
      `${csv[0]}\n2026-03-17T10:00:00Z,x,1,2`,
      'globalIrradianceWPerM2 is NaN',
    ],
    [
      'a local time',
      `${csv[0]}\n2026-03-17T10:00:00,1,1,2`,
      'line 2: time is "2026-03-17T10:00:00"',
    ],
    [
      'a date of another form',
      `${csv[0]}\n17 March 2026 10:00 Z,1,1,2`,
      'line 2: time is "17 March 2026 10:00 Z"',
    ],
    ['a day that is none', `${csv[0]}\n2026-02-30T10:00:00Z,1,1,2`, 'line 2: time is "2026-02-30'],
    ['half an hour', `${csv[0]}\n2026-03-17T10:30:00Z,1,1,2`, 'Give the begin of an hour'],
    [
      'an hour twice',
      [...csv, csv[1]].join('\n'),
      'line 4: time "2026-03-17T10:00:00Z" is there twice',
    ],
    [
      'night at noon',
      `${csv[0]}\n2026-03-17T10:00:00Z,-5,1,2`,
      'globalIrradianceWPerM2 is -5. Give a number from 0',
    ],
    ['broken JSON', '{"schema"', 'weather file: '],
    ['another schema', '{"schema":"x"}', 'weather file: schema is "x"'],
    [
      'a misspelt field',
      JSON.stringify({ ...json, hours: [{ ...json.hours[0], wind: 1 }] }),
      'hours[0]: wind is not a field',
    ],
  ])('is refused for %s', (_, text, message) => {
    expect(() => parseWeather(text)).toThrow(message);
  });
});
