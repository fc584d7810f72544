export * from './sealing/certifier';
