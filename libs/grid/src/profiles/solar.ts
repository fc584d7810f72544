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

/**
 * Watts of a plant under a clear sky. Global irradiance after Haurwitz (J. Meteorology 2, 1945), its
 * direct part taken as 80 % and turned to the module plane, its diffuse part isotropic (Liu and
 * Jordan, 1963); inverter and temperature losses 14 %.
 */
export function clearSkyPvW(epochMs: number, plant: PvPlant, place: Place): number {
  const { elevationRadian, azimuthRadian } = sunPosition(epochMs, place);
  const sinElevation = Math.sin(elevationRadian);
  if (sinElevation <= 0) return 0;
  const horizontal = 1_098 * sinElevation * Math.exp(-0.057 / sinElevation);
  const tilt = plant.tiltDegree * DEGREE;
  const facing = plant.azimuthDegree * DEGREE;
  const cosIncidence =
    sinElevation * Math.cos(tilt) +
    Math.cos(elevationRadian) * Math.sin(tilt) * Math.cos(azimuthRadian - facing);
  const turned = Math.min(5, Math.max(0, cosIncidence) / Math.max(sinElevation, 0.05));
  const direct = 0.8 * horizontal * turned;
  const diffuse = 0.2 * horizontal * ((1 + Math.cos(tilt)) / 2);
  return 0.86 * plant.peakW * ((direct + diffuse) / 1_000);
}
