import { defaultLayer } from '../../domain/view.ts';
import type { Invariant } from '../invariant.ts';

export default {
  id: 'claims-agree',
  title: "what the layout's own tool claims agrees with what the host is",
  broken: ({ view }) => {
    const { claim } = view;
    const differ = (what: string, claimed: string | null, is: string | null): string[] =>
      claimed === is ? [] : [`the tool claims ${what} ${claimed ?? 'none'}, it is ${is ?? 'none'}`];
    return [
      ...differ('the default', claim.defaultLayer, defaultLayer(view)),
      ...differ('the running layer', claim.currentLayer, view.bootedLayer),
    ];
  },
} satisfies Invariant;
