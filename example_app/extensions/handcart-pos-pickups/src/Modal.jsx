import '@shopify/ui-extensions/preact';
import {render} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import {queue, tap} from './counter.js';

const EVERY = 5_000;

export default async () => {
  render(<Modal />, document.body);
};

const say = (key, more) => shopify.i18n.translate(key, more);
const refusal = (code) => say(['code_wrong', 'code_locked', 'age_unchecked', 'trial_over'].includes(code) ? code : 'refused');

function Modal() {
  const [seen, setSeen] = useState(null);
  const [find, setFind] = useState('');
  const [said, setSaid] = useState('');
  const look = () => queue(find).then(setSeen, () => setSaid(say('unknown')));
  useEffect(() => {
    look();
    const timer = setInterval(look, EVERY);
    return () => clearInterval(timer);
  }, [find]);
  const act = (pickup, name, more) =>
    tap(pickup, name, more)
      .then(() => setSaid(say(name, {order: pickup.order})), (error) => setSaid(refusal(error.code)))
      .then(look);
  return (
    <s-page heading={say('title')}>
      <s-scroll-box>
        <s-stack gap="base">
          {said && <s-banner heading={said} tone="info" />}
          <s-search-field placeholder={say('find')} value={find} onInput={(event) => setFind(event.currentTarget.value)} />
          <Waiting heading={say('to_prepare')} waiting={seen?.to_prepare} act={act} />
          <Waiting heading={say('to_collect')} waiting={seen?.ready} act={act} />
        </s-stack>
      </s-scroll-box>
    </s-page>
  );
}

function Waiting({heading, waiting, act}) {
  return (
    <s-section heading={`${heading} ${waiting?.count ?? ''}`}>
      {(waiting?.shown ?? []).map((pickup) => (
        <Card key={pickup.id} pickup={pickup} act={act} />
      ))}
    </s-section>
  );
}

function Card({pickup, act}) {
  const [code, setCode] = useState('');
  const [aged, setAged] = useState(false);
  const ready = pickup.can.includes('hand_over');
  return (
    <s-box>
      <s-stack gap="small">
        <s-heading>{`${pickup.order} ${pickup.customer}`}</s-heading>
        <s-stack direction="inline" gap="small">
          <s-badge>{say(`state_${pickup.state}`)}</s-badge>
          {pickup.bay && <s-badge>{pickup.bay}</s-badge>}
          {pickup.min_age > 0 && <s-badge tone="warning">{`${pickup.min_age}+`}</s-badge>}
        </s-stack>
        {pickup.lines.map((line) => (
          <s-text key={line.id}>{`${line.units} × ${line.title}`}</s-text>
        ))}
        {pickup.can.includes('pack') && !ready && (
          <s-button variant="primary" onClick={() => act(pickup, 'ready')}>{say('mark_ready')}</s-button>
        )}
        {ready && (
          <s-text-field label={say('code')} value={code} onInput={(event) => setCode(event.currentTarget.value)} />
        )}
        {ready && pickup.min_age > 0 && (
          <s-switch label={say('aged', {age: pickup.min_age})} checked={aged} onChange={(event) => setAged(event.currentTarget.checked)} />
        )}
        {ready && (
          <s-button variant="primary" onClick={() => act(pickup, 'collected', {code, aged})}>{say('hand_over')}</s-button>
        )}
        {ready && (
          <s-button onClick={() => act(pickup, 'collected', {identity: true, aged})}>{say('card_checked')}</s-button>
        )}
      </s-stack>
    </s-box>
  );
}
