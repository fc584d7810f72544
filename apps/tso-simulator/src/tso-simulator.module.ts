import { Module } from '@nestjs/common';

/** The simulator has no HTTP interface: it speaks only. */
@Module({})
export class TsoSimulatorModule {}
