import type { CommandContext, PodCommand } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import type { RegisterAnswer, RegisterAnswerJson } from '@flexledger/ports';
import { getPods } from '@flexledger/projections';
import { HttpCommand, HttpQuery, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CUSTOMERS, type CustomerServices } from '../http/customer-services';
import { ownerOfAll } from '../http/owner-of-all';
import { requestOf } from './register';
import { BaselinesOfPodsDto, LookUpDto, RegisterChangesDto } from './register.dto';

/** The register as other platforms ask and change it, many PoDs at once (flows 0, 0a, 0b). */
@ApiTags('customers: register')
@Controller('api/v1/register')
export class RegisterController {
  constructor(
    @Inject(CUSTOMERS) private readonly customers: CustomerServices,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('changes')
  @HttpCode(200)
  @Scopes('pods:read')
  @ApiOperation({
    summary: 'Carry commands out in their order, each answered by itself',
    description:
      'Each is judged by your rights: an aggregator changes its own PoDs, the DSO says where they ' +
      'hang, the operator does all else. The same list under the same `Idempotency-Key` is carried ' +
      'out once; without one it is judged anew by what stands then.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  change(
    @Body() { commands }: RegisterChangesDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ) {
    const list = commands as unknown as readonly PodCommand[];
    const { role, partyId } = speaker;
    const run = async (context: CommandContext) => {
      const request = requestOf(context);
      const answers = await this.customers.register.submit(list, request, speaker);
      return { items: answers.map(answerJson) };
    };
    return this.commands.execute(
      new HttpCommand({
        speaker,
        action: 'pods:read',
        // Who reads a PoD of its own may send a list; what each command may do is judged by itself.
        owner: role === 'aggregator' ? { aggregatorId: partyId ?? '' } : { podId: partyId ?? '' },
        about: `register/${speaker.actor}`,
        key,
        asked: { commands: list },
        run,
      }),
    );
  }

  @Post('look-up')
  @HttpCode(200)
  @Scopes('pods:read')
  @ApiOperation({
    summary: 'PoDs as the market judges them, and which points of measurement have PoDs',
    description: 'For those who may read all PoDs. What is unknown or cannot be offered is absent.',
  })
  lookUp(@Body() { podIds, poms }: LookUpDto, @Speaker() speaker: Principal) {
    const needs = { speaker, action: 'pods:read', owner: {} } as const;
    const run = async () => {
      const found = await this.customers.ports.register.lookUp(podIds, poms);
      const pods = [...found.pods].map(([podId, pod]) => ({ podId, ...pod }));
      return { pods, poms: [...found.poms] };
    };
    return this.queries.execute(new HttpQuery({ needs, run }));
  }

  @Post('baselines')
  @HttpCode(200)
  @Scopes('pods:read')
  @ApiOperation({ summary: 'Baselines declared for a day, oldest first; PoDs without are absent' })
  baselines(@Body() { podIds, deliveryDay }: BaselinesOfPodsDto, @Speaker() speaker: Principal) {
    const { documents, ports } = this.customers;
    const owner = async () => ownerOfAll(await getPods(documents, podIds), speaker, 'pods:read');
    const needs = { speaker, action: 'pods:read', owner } as const;
    const run = async () => ({ items: await ports.register.baselines(podIds, deliveryDay) });
    return this.queries.execute(new HttpQuery({ needs, run }));
  }
}

function answerJson(answer: RegisterAnswer): RegisterAnswerJson {
  if (answer.accepted) return answer;
  const { code, message, violations } = answer.error;
  return {
    podId: answer.podId,
    accepted: false,
    code,
    detail: message,
    errors: violations.slice(0, VIOLATIONS_MAX),
  };
}

/** Of one command; a day's baseline has a hundred values. */
const VIOLATIONS_MAX = 100;
