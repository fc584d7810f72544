/** PV generation under a clear sky, from solar geometry alone. */

const DEGREE = Math.PI / 180;
const DAY_MS = 86_400_000;
/** 2000-01-01T12:00Z, the epoch J2000.0. */
const J2000_MS = 946_728_000_000;

export interface PvPlant {
  /** Power at 1,000 W/m2 on the module plane. */
  readonly peakW: number;
  /** Slope of the modules from the horizontal, degrees. */
  readonly tiltDegree: number;
  /** Direction the modules face, degrees from north by east (180 = south). */
  readonly azimuthDegree: number;
}

export interface Place {
  readonly latitudeDegree: number;
  readonly longitudeDegree: number;
}

export interface SunPosition {
  readonly elevationRadian: number;
  /** From north by east. */
  readonly azimuthRadian: number;
}

/**
 * Where the sun stands. Low-precision formulas of the Astronomical Almanac (J. J. Michalsky, Solar
 * Energy 40(3), 1988): good to about 0.01 degree between 1950 and 2050.
 */
export function sunPosition(epochMs: number, place: Place): SunPosition {
  const days = (epochMs - J2000_MS) / DAY_MS;
  const meanLongitude = (280.46 + 0.9856474 * days) * DEGREE;
  const meanAnomaly = (357.528 + 0.9856003 * days) * DEGREE;
  const ecliptic =
    meanLongitude + (1.915 * Math.sin(meanAnomaly) + 0.02 * Math.sin(2 * meanAnomaly)) * DEGREE;
  const obliquity = (23.439 - 4e-7 * days) * DEGREE;
  const rightAscension = Math.atan2(Math.cos(obliquity) * Math.sin(ecliptic), Math.cos(ecliptic));
  const declination = Math.asin(Math.sin(obliquity) * Math.sin(ecliptic));
  const siderealHours = 18.697374558 + 24.06570982441908 * days;
  const hourAngle = (siderealHours * 15 + place.longitudeDegree) * DEGREE - rightAscension;
  const latitude = place.latitudeDegree * DEGREE;
  const elevationRadian = Math.asin(
    Math.sin(latitude) * Math.sin(declination) +
      Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle),
  );
  const azimuthRadian = Math.atan2(
    -Math.sin(hourAngle) * Math.cos(declination),
    Math.sin(declination) * Math.cos(latitude) -
      Math.cos(declination) * Math.sin(latitude) * Math.cos(hourAngle),
  );
  return { elevationRadian, azimuthRadian };
}

/** Global irradiance on the horizontal under a clear sky (Haurwitz, J. Meteorology 2, 1945). */
export function clearSkyGlobalWPerM2(epochMs: number, place: Place): number {
  const sinElevation = Math.sin(sunPosition(epochMs, place).elevationRadian);
  return sinElevation <= 0 ? 0 : 1_098 * sinElevation * Math.exp(-0.057 / sinElevation);
}

/** What would fall on the horizontal above the air, on average over the year. */
const SOLAR_CONSTANT_W_PER_M2 = 1_361;

/**
 * Irradiance on the modules of a plant, from that on the horizontal: its diffuse part by how clear the sky
 * is (Erbs, Klein and Duffie, Solar Energy 28, 1982), taken as isotropic (Liu and Jordan, 1963).
 */
export function planeIrradianceWPerM2(
  epochMs: number,
  plant: PvPlant,
  place: Place,
  globalWPerM2: number,
): number {
  const sun = sunPosition(epochMs, place);
  const sinElevation = Math.sin(sun.elevationRadian);
  if (sinElevation <= 0) return 0;
  const clearness = Math.min(1, globalWPerM2 / (SOLAR_CONSTANT_W_PER_M2 * sinElevation));
  const diffuseShare = erbsDiffuseShare(clearness);
  return onPlane(sun, plant, globalWPerM2, diffuseShare);
}

function erbsDiffuseShare(k: number): number {
  if (k <= 0.22) return 1 - 0.09 * k;
  if (k > 0.8) return 0.165;
  return 0.9511 - 0.1604 * k + 4.388 * k ** 2 - 16.638 * k ** 3 + 12.336 * k ** 4;
}

/** Horizontal irradiance turned to the modules, its diffuse part isotropic. */
function onPlane(
  { elevationRadian, azimuthRadian }: SunPosition,
  plant: PvPlant,
  horizontal: number,
  diffuseShare: number,
): number {
  const sinElevation = Math.sin(elevationRadian);
  const tilt = plant.tiltDegree * DEGREE;
  const facing = plant.azimuthDegree * DEGREE;
  const cosIncidence =
    sinElevation * Math.cos(tilt) +
    Math.cos(elevationRadian) * Math.sin(tilt) * Math.cos(azimuthRadian - facing);
  const turned = Math.min(5, Math.max(0, cosIncidence) / Math.max(sinElevation, 0.05));
  const direct = (1 - diffuseShare) * horizontal * turned;
  const diffuse = diffuseShare * horizontal * ((1 + Math.cos(tilt)) / 2);
  return direct + diffuse;
}

/**
 * Watts of a plant under a clear sky. Global irradiance after Haurwitz, its direct part taken as 80 % and
 * turned to the module plane; inverter and temperature losses 14 %.
 */
export function clearSkyPvW(epochMs: number, plant: PvPlant, place: Place): number {
  const horizontal = clearSkyGlobalWPerM2(epochMs, place);
  if (horizontal === 0) return 0;
  const plane = onPlane(sunPosition(epochMs, place), plant, horizontal, 0.2);
  return 0.86 * plant.peakW * (plane / 1_000);
}
